"""The server: Streamlit's pages, our HTTP routes and the life of the process. Start it with `streamlit run app.py`."""

import sys
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from ui.api.answer_cache import SharedAnswers
from ui.api.routes import routes
from ui.shared import access
from ui.shell import connection, home, index_page, left_pages, watch_page
from ui.shell.arrivals import Arrivals
from ui.shell.browser_cookie import BrowserCookie
from ui.shell.frame import failed
from ui.shell.frames import BinaryFrames
from ui.shell.hosts import Hosts
from ui.shell.lifespan import FirstPage, lifespan
from ui.shell.prefix import Prefix
from ui.shell.security_headers import SecurityHeaders
from ui.shell.uploads import Uploads

if problem := access.pin_problem():
    sys.exit(problem)
if note := home.leave_out():
    print(f"  {note}", flush=True)

left_pages.install()
app = st.App(
    Path(__file__).parent / "ui" / "main.py",
    routes=[*connection.routes(), *routes(), *watch_page.routes(), *index_page.routes()],
    lifespan=lifespan,
    middleware=[
        Middleware(Prefix, [*index_page.names(), watch_page.NAME]),
        *(
            Middleware(one)
            for one in (
                SecurityHeaders,
                Hosts,
                BrowserCookie,
                BinaryFrames,
                FirstPage,
                Arrivals,
                Uploads,
                SharedAnswers,
            )
        ),
    ],
    on_script_error=failed,
)
