"""Source as HTML: escaped, coloured, marked, and the same text."""

from __future__ import annotations

import re
from html import unescape

from ui.shared import highlight

SOURCE = '''"""A <b>title</b>
of two lines"""

import x  # why & how


def f(a: int) -> str:
    return "é" if a < 10 else ""
'''


def test_the_words_are_the_same_and_nothing_in_them_is_html() -> None:
    html = highlight.html(SOURCE)
    lines = re.findall(r"<span>(.*?)</span>", html)
    assert [unescape(re.sub(r"<[^>]+>", "", line)) for line in lines] == SOURCE.splitlines()
    assert "<b>title" not in html


def test_kinds_of_words_are_told_apart() -> None:
    html = highlight.html(SOURCE)
    for part in (
        '<i class="keyword">import</i>',
        '<i class="comment"># why &amp; how</i>',
        '<i class="name">f</i>',
        '<i class="number">10</i>',
        '<i class="string">of two lines&quot;&quot;&quot;</i>',
    ):
        assert part in html


def test_marked_lines_stand_out() -> None:
    assert re.findall(r'<b title="other">(.*?)</b>', highlight.html("a\nb\nc\n", {2}, "other")) == ["b"]
