"""The entry script that Streamlit runs: page config, styles, navigation, the shared frame."""

from pathlib import Path

import streamlit as st

from ui import frame, links

HOME = Path(__file__).parent.parent
ORDER = ("train", "explore", "compare", "runs", "learn")  # others come after


def pages() -> list[Path]:
    """The files of pages/, in the order of the navigation."""
    found = {path.stem: path for path in (HOME / "pages").glob("[!_]*.py")}
    return [found[name] for name in (*ORDER, *sorted(found.keys() - {*ORDER})) if name in found]


# a picture of our own: a symbol by name would be fetched from another server
st.set_page_config(page_title="Forger", page_icon=HOME / "assets" / "icon.png", layout="wide")
st.html(HOME / "assets" / "app.css")
st.logo(HOME / "assets" / "logo.svg", size="large")
page = st.navigation(
    [
        st.Page(path, title=path.stem.replace("_", " ").capitalize(), default=path.stem == "train")
        for path in pages()
    ],
    position="top",
)
links.follow()
frame.draw()
page.run()
