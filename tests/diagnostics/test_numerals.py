"""Numbers as people read them."""

import pytest

from gan.diagnostics.numerals import percent


@pytest.mark.parametrize(
    ("share", "digits", "text"), [(0.474, 0, "47 %"), (0.0, 0, "0 %"), (1, 0, "100 %"), (0.9953, 2, "99.53 %")]
)
def test_a_share_is_written_as_a_percentage(share: float, digits: int, text: str) -> None:
    assert percent(share, digits) == text
