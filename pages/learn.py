"""Learn: what a GAN is, chapter by chapter, with runs, generators and networks of this app as pictures."""

from urllib.parse import parse_qsl

import streamlit as st

from ui.learn import chapters, guided_lessons
from ui.learn.chapters import Lesson, Section
from ui.learn.figures import FIGURES
from ui.shared import assets, navigation
from ui.shared.text import plain

CHAPTER = "chapter"


def choose(lessons: dict[str, Lesson]) -> Lesson:
    """The chapter that the address names, or the first; the pills change the address."""
    wanted = st.query_params.get(CHAPTER, "")
    if wanted in lessons:
        st.session_state[CHAPTER] = wanted
    picked = st.pills(
        "Chapters",
        [*lessons],
        default=None if CHAPTER in st.session_state else next(iter(lessons)),
        format_func=lambda name: f"{[*lessons].index(name) + 1} {lessons[name].title}",
        key=CHAPTER,
        required=True,
        on_change=follow,
        label_visibility="collapsed",
    )
    return lessons[picked or next(iter(lessons))]


def follow() -> None:
    st.query_params[CHAPTER] = st.session_state[CHAPTER]


def render(section: Section, key: str) -> None:
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
            navigation.button(label, "train", f"try-{key}-{k}", ":material/play_arrow:", **query)
        for k, (what, label) in enumerate(section.sees):
            run, _, tab = what.partition("?")
            query = {"run": run, **dict(parse_qsl(tab))}
            navigation.button(label, "explore", f"see-{key}-{k}", ":material/visibility:", **query)
    with right:
        for name, words in section.figures:
            FIGURES[name](words)


def offer_guided() -> None:
    """The lessons that lead through the app, and why one of them cannot be taken."""
    good, bad = guided_lessons.lessons()
    st.subheader("Guided lessons", anchor=False)
    st.caption(
        "Make a guess, start a run, and see whether you were right. Leave and come back: this browser remembers."
    )
    with st.container(key="guided", horizontal=True, gap="small"):
        for each in good:
            about = f"{plain(each.about)} About {each.minutes} minutes."
            label = f"{plain(each.title)} · {each.minutes} min"
            if st.button(label, key=f"lesson-{each.name}", icon=":material/route:", help=about):
                st.query_params.from_dict({"lesson": each.name})
                st.rerun()
    for why in bad:
        st.caption(f":red[{plain(why)}]")


st.html(assets.FOLDER / "pages" / "learn.css")
lessons = {chapter.name: chapter for chapter in chapters.lessons()}
offer_guided()
st.subheader("Chapters", anchor=False)
chapter = choose(lessons)
st.title(chapter.title, anchor=False)
st.container(width=760).markdown(chapter.intro)
for k, section in enumerate(chapter.sections):
    st.space("small")
    render(section, f"{chapter.name}-{k}")
st.divider()
names = [*lessons]
at = names.index(chapter.name)
with st.container(horizontal=True, horizontal_alignment="distribute"):
    for step, key, icon in ((-1, "before", "arrow_back"), (1, "after", "arrow_forward")):
        if 0 <= at + step < len(names):
            name = names[at + step]
            navigation.button(lessons[name].title, "learn", key, f":material/{icon}:", chapter=name)
