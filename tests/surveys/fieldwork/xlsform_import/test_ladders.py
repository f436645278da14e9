"""Which lists are ladders, and which end is the good one: as a person reads them."""

from __future__ import annotations

import pytest

from surveys.fieldwork.xlsform_import.ladders import ladder_of

UP = [
    "Rất không hài lòng; Không hài lòng; Bình thường; Hài lòng; Rất hài lòng",
    "Hoàn toàn không đồng ý; Không đồng ý; Phân vân; Đồng ý; Hoàn toàn đồng ý",
    "Rất không đồng ý; Không đồng ý; Không ý kiến; Đồng ý; Rất đồng ý",
    "Không đồng ý; Đồng ý một phần; Đồng ý",
    "Rất kém; Kém; Trung bình; Tốt; Rất tốt",
    "Kém; Yếu; Trung bình; Khá; Tốt",
    "Yếu; Trung bình; Khá; Giỏi; Xuất sắc",
    "Chưa tốt; Tốt",
    "Rất khó; Khó; Bình thường; Dễ; Rất dễ",
    "Very dissatisfied; Dissatisfied; Neither satisfied nor dissatisfied; Satisfied; Very satisfied",
    "Strongly disagree; Disagree; Neutral; Agree; Strongly agree",
    "Poor; Fair; Good; Very good; Excellent",
    "1 - Rất kém; 2; 3; 4; 5 - Rất tốt",
    "0 (Rất không hài lòng); 1; 2; 3; 4; 5; 6; 7; 8; 9; 10 (Rất hài lòng)",
    "RẤT KHÔNG HÀI LÒNG; KHÔNG HÀI LÒNG; HÀI LÒNG; RẤT HÀI LÒNG",
    "Hoàn toàn không hài lòng; Ít hài lòng; Bình thường; Hài lòng; Rất hài lòng",
    "rat khong hai long; khong hai long; binh thuong; hai long; rat hai long",
    "1 sao; 2 sao; 3 sao; 4 sao; 5 sao",
    "★; ★★; ★★★; ★★★★; ★★★★★",
    "★☆☆; ★★☆; ★★★",
    "Rất phức tạp; Phức tạp; Bình thường; Đơn giản; Rất đơn giản",
    "Rất phiền hà; Phiền hà; Không phiền hà",
    "Không hiệu quả; Ít hiệu quả; Hiệu quả; Rất hiệu quả",
    "Không tin tưởng; Bình thường; Tin tưởng; Rất tin tưởng",
    "Not useful; Somewhat useful; Very useful",
    "Hoàn tòan không hài lòng; Không hài lòng; Hài lòng; Hòan toàn hài lòng",
]
NONE = [
    "Có; Không",
    "Nam; Nữ",
    "1; 2; 3; 4; 5",
    "Luôn luôn; Thường xuyên; Thỉnh thoảng; Không bao giờ",
    "Không quan trọng; Bình thường; Quan trọng",
    "Chưa tốt nghiệp tiểu học; THCS; THPT; Tốt nghiệp đại học",
    "Dưới 18; 18-60; Trên 60",
    "Hài lòng; Không hài lòng; Rất hài lòng",
    "Khó khăn; Không khó khăn",
    "Hài lòng",
    "3 sao; 5 sao; 4 sao",
    "Nước sạch; Nước giếng; Nước bẩn",
    "Rất thân thiện; Ở nhà; Thô lỗ",
    "khong; co; ca hai",
    "Hộ nghèo; Hộ cận nghèo; Hộ khá; Hộ giàu",
]


@pytest.mark.parametrize("written", UP)
def test_ladders_in_both_directions(written: str) -> None:
    labels = [label.strip() for label in written.split(";")]
    steps = [k / (len(labels) - 1) for k in range(len(labels))]
    up, down = ladder_of(labels), ladder_of(labels[::-1])
    assert up is not None
    assert down is not None
    assert list(up.values) == pytest.approx(steps)
    assert list(down.values) == pytest.approx(steps[::-1])
    assert up.satisfied[-1]
    assert not up.satisfied[0]
    assert up.satisfied == down.satisfied[::-1]
    assert list(up.satisfied) == sorted(up.satisfied)


@pytest.mark.parametrize("written", NONE)
def test_lists_that_are_no_ladders(written: str) -> None:
    assert ladder_of([label.strip() for label in written.split(";")]) is None
