"""How people write the mode in which a form was collected, for the codes that questionnaires use."""

from __future__ import annotations

from collections.abc import Mapping

MODE_WORDS: Mapping[str, tuple[str, ...]] = {
    "online": ("trực tuyến", "qua mạng", "internet", "web", "phiếu điện tử", "điện tử", "online form"),
    "paper": ("giấy", "phiếu giấy", "bản giấy", "trên giấy", "paper form"),
    "face_to_face": (
        "phỏng vấn trực tiếp",
        "trực tiếp",
        "gặp trực tiếp",
        "face to face",
        "capi",
        "in person",
    ),
    "phone": ("điện thoại", "qua điện thoại", "gọi điện", "telephone", "cati", "by phone"),
}
