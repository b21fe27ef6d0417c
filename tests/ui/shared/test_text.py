"""What a person or a file says, made plain: it reads the same and means nothing to a reader of Markdown."""

from __future__ import annotations

import pytest

from ui.shared.text import APART, formatted, plain


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("A sentence, as it is: 3.5 (or so) - really!", "A sentence, as it is: 3.5 (or so) - really!"),
        ("![b](x)", r"!\[b\](x)"),
        ("http://a.b/c", f"http:{APART}//a.b/c"),
        ("WWW.a.b", f"WWW{APART}.a.b"),
        ("me@a.b", f"me@{APART}a.b"),
        (":blue[x] :material/delete: :+1: :tada:", None),
        ("# head", r"\# head"),
        ("- list\n+ list\n===", "\\- list\n\\+ list\n\\==="),
        ("1. one\n2) two", f"1{APART}. one\n2{APART}) two"),
        ("<b>&lt;$x$`c`*i*_j_~s~|t|\\", r"\<b\>\&lt;\$x\$\`c\`\*i\*\_j\_\~s\~\|t\|\\"),
    ],
)
def test_plain_text_is_escaped_where_it_must_be(said: str, shown: str | None) -> None:
    text = plain(said)
    assert shown is None or text == shown
    assert text.replace("\\", "").replace(APART, "") == said.replace("\\", ""), "nothing is lost"
    assert not any(text[k : k + 1] == ":" and text[k + 1 : k + 2].isalpha() for k in range(len(text)))


def test_formatted_text_keeps_its_form_and_no_links() -> None:
    card = "# Card\n\n**Data.** `x.json`\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n- one"
    assert formatted(card) == card
    assert formatted("![b](http://a.b) <i> :red[x]") == f"!\\[b\\](http:{APART}//a.b) \\<i\\> :{APART}red\\[x\\]"
