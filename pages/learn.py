"""Learn: what a GAN is, chapter by chapter, with runs, generators and networks of this app as pictures."""

from urllib.parse import parse_qsl

import streamlit as st

from ui import assets, lesson, links
from ui.figures import FIGURES
from ui.lesson import Lesson, Section

CHAPTER = "chapter"


def choose(found: dict[str, Lesson]) -> Lesson:
    """The chapter that the address names, or the first; the pills change the address."""
    wanted = st.query_params.get(CHAPTER, "")
    if wanted in found:
        st.session_state[CHAPTER] = wanted
    picked = st.pills(
        "Chapters", [*found], default=None if CHAPTER in st.session_state else next(iter(found)),
        format_func=lambda name: f"{[*found].index(name) + 1} {found[name].title}",
        key=CHAPTER, required=True, on_change=follow, label_visibility="collapsed",
    )  # fmt: skip
    return found[picked or next(iter(found))]


def follow() -> None:
    st.query_params[CHAPTER] = st.session_state[CHAPTER]


def draw(section: Section, key: str) -> None:
    """Text, with the figures beside it; on a phone below it."""
    if section.figures:
        left, right = st.columns([9, 10], gap="large")
    else:
        left, right = st.container(width=760), st.empty()
    with left:
        st.markdown(section.text)
        for k, (what, label) in enumerate(section.tries):
            preset, _, changes = what.partition("?")
            query = {"preset": preset, **dict(parse_qsl(changes))}
            links.button(label, "train", f"try-{key}-{k}", ":material/play_arrow:", **query)
    with right:
        for name, words in section.figures:
            FIGURES[name](words)


st.html(assets.FOLDER / "learn.css")
found = {chapter.name: chapter for chapter in lesson.lessons()}
chapter = choose(found)
st.title(chapter.title, anchor=False)
st.container(width=760).markdown(chapter.intro)
for k, section in enumerate(chapter.sections):
    st.space("small")
    draw(section, f"{chapter.name}-{k}")
st.divider()
names = [*found]
at = names.index(chapter.name)
with st.container(horizontal=True, horizontal_alignment="distribute"):
    for step, key, icon in ((-1, "before", "arrow_back"), (1, "after", "arrow_forward")):
        if 0 <= at + step < len(names):
            name = names[at + step]
            links.button(found[name].title, "learn", key, f":material/{icon}:", chapter=name)
