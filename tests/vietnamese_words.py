"""Vietnamese names and answers with every kind of mark, to be damaged and repaired."""

WORDS = [
    "Sở Nội vụ",
    "Huyện Ứng Hòa",
    "Đống Đa",
    "Rất không hài lòng",
    "Thị xã Sơn Tây",
    "Kỹ thuật",
    "Phường Yên Nghĩa",
]
