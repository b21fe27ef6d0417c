"""The entry script that Streamlit runs: page config, styles, navigation, the shared frame."""

from pathlib import Path

import streamlit as st

from ui.shared import assets, navigation
from ui.shell import doctor, frame, guide

HOME = Path(__file__).parent.parent
ORDER = ("train", "explore", "compare", "failures", "runs", "learn")  # others come after


def pages() -> list[Path]:
    """The files of pages/, in the order of the navigation."""
    paths = {path.stem: path for path in (HOME / "pages").glob("[!_]*.py")}
    return [paths[name] for name in (*ORDER, *sorted(paths.keys() - {*ORDER})) if name in paths]


# a picture of our own: a symbol by name would be fetched from another server
st.set_page_config(page_title="Forger", page_icon=assets.FOLDER / "pictures" / "icon.png", layout="wide")
st.html(f"<style>{assets.styles('pages/app.css', 'shell/trail.css')}</style>")
st.logo(assets.FOLDER / "pictures" / "logo.svg", size="large")
page = st.navigation(
    [st.Page(path, title=path.stem.replace("_", " ").capitalize(), default=path.stem == "train") for path in pages()],
    position="top",
)
st.set_page_config(page_title=f"{page.title} · Forger")
here = page.url_path or "train"
navigation.follow(here)
frame.render("" if page.title == "Learn" or "report" in st.query_params else page.title)
guide.render(here)
page.run()
doctor.button()
