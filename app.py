"""The server: Streamlit's pages, our HTTP routes and the life of the process. Start it with `streamlit run app.py`."""

from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from ui.api import routes
from ui.frame import failed
from ui.lifespan import FirstPage, Uploads, lifespan

app = st.App(
    Path(__file__).parent / "ui" / "main.py",
    routes=routes(),
    lifespan=lifespan,
    middleware=[Middleware(FirstPage), Middleware(Uploads)],
    on_script_error=failed,
)
