"""What tests of the routes have in common: no answer is shared with the question before."""

from __future__ import annotations

import pytest

from ui.api import answer_cache


@pytest.fixture(autouse=True)
def fresh_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answer_cache, "ANSWERS", answer_cache.AnswerCache(seconds=0.0))
