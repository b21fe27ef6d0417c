"""What whoever gave the PIN does with the class: whether it follows, and a question to it."""

from __future__ import annotations

import streamlit as st

from ui.shared import access
from ui.shared.errors import attempt, say
from ui.shared.stage import NoScene, stage
from ui.shared.text import plain

TEXT, FOLLOWS = "class-question", "class-follows"
HELP = "Phones go where you go: page, run, chart and moment. Whoever looks around alone has a way back."
EXAMPLE = "Has it collapsed? | Yes | No | Not yet"
HOW = "The question and its answers with a bar between them; phones pick, the projector shows how many."


def render() -> None:
    """The switch, and the question with what ends it."""
    st.toggle(
        "The class follows what I show", stage().follows, key=FOLLOWS, help=HELP, on_change=attempt, args=(_follow,)
    )
    st.text_input("Ask the class", key=TEXT, placeholder=EXAMPLE, help=HOW, on_change=attempt, args=(_ask,))
    if question := stage().told()["question"]:
        with st.container(horizontal=True, gap="small"):
            for k, option in enumerate(question["options"]):
                label = f"{chr(65 + k)} is right"
                st.button(
                    label, key=f"right-{k}", help=plain(option), on_click=attempt, args=(_tell, question["id"], k)
                )
            st.button("Take it away", key="question-away", on_click=attempt, args=(_end,))


def _follow() -> None:
    access.require_pin()
    stage().let_follow(st.session_state[FOLLOWS])


def _ask() -> None:
    """An empty line asks nothing."""
    access.require_pin()
    text, *options = st.session_state[TEXT].split("|")
    if text.strip():
        try:
            stage().ask(text, options)
            st.session_state[TEXT] = ""
        except NoScene as why:
            say(str(why))


def _tell(question: int, right: int) -> None:
    access.require_pin()
    try:
        stage().answer(question, right)
    except NoScene as why:
        say(str(why))


def _end() -> None:
    access.require_pin()
    stage().end_question()
