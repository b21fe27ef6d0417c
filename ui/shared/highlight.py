"""Python source as HTML: keywords, words, numbers and comments in their colours, and some lines marked."""

from __future__ import annotations

import io
import keyword
import tokenize
from collections.abc import Collection
from html import escape

KINDS = {tokenize.COMMENT: "comment", tokenize.STRING: "string", tokenize.NUMBER: "number"}
FSTRINGS = ("FSTRING_START", "FSTRING_MIDDLE", "FSTRING_END")  # of later versions of Python
DEFINING = ("def", "class")


def html(text: str, marked: Collection[int] = (), note: str = "") -> str:
    """A `<pre>` of a source text; the lines in `marked`, from 1 on, stand out, and are read out as `note`."""
    spans = _spans(text)
    rows = []
    for number, line in enumerate(text.splitlines(), 1):
        parts, end = [], 0
        for start, stop, kind in sorted(spans.get(number, [])):
            parts += [escape(line[end:start]), f'<i class="{kind}">{escape(line[start:stop])}</i>']
            end = stop
        content = "".join(parts) + escape(line[end:])
        rows.append(f'<b title="{escape(note)}">{content}</b>' if number in marked else f"<span>{content}</span>")
    return f'<pre class="base-code" tabindex="0">{"".join(rows)}</pre>'


def _spans(text: str) -> dict[int, list[tuple[int, int, str]]]:
    """The coloured parts of each line: first and last column, and the kind."""
    spans: dict[int, list[tuple[int, int, str]]] = {}
    lines = text.splitlines()
    before = ""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        kind = KINDS.get(token.type, "")
        if tokenize.tok_name[token.type] in FSTRINGS:
            kind = "string"
        elif token.type == tokenize.NAME:
            kind = "keyword" if keyword.iskeyword(token.string) else "name" if before in DEFINING else ""
            before = token.string
        if kind:
            (first, start), (last, stop) = token.start, token.end
            for number in range(first, last + 1):
                end = stop if number == last else len(lines[number - 1])
                spans.setdefault(number, []).append((start if number == first else 0, end, kind))
    return spans
