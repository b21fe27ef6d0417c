"""HTML of the pages: no text becomes markup, and a table is put together as it was asked for."""

from __future__ import annotations

from ui.shared.html import Cell, Html, table

AROUND = '<div class="base-wide" tabindex="0" role="group" aria-label="Table">'


def test_a_table_escapes_all_but_html() -> None:
    made = table(["<a>", Cell("&", "real")], [["<b>", Html("<i>2</i>")], ["c", Cell(Html("<u>3</u>"), "best")]], "x")
    assert made == (
        '<table class="base-table x"><tr><th>&lt;a&gt;</th><th class="real">&amp;</th></tr>'
        "<tr><th>&lt;b&gt;</th><td><i>2</i></td></tr>"
        '<tr><th>c</th><td class="best"><u>3</u></td></tr></table>'
    )


def test_a_table_may_have_no_titles_and_something_around_it() -> None:
    made = table((), [("a", "b")], around="wide", titled=False)
    assert made == f'{AROUND}<table class="base-table"><tr><td>a</td><td>b</td></tr></table></div>'
