"""What needs a cookie in a browser that sends none, as in another site's frame: a link to a tab of its own instead.

Streamlit takes a file only from a browser that sends back its cookie against forged requests.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import streamlit as st

from ui.shared import public_url

XSRF = "_streamlit_xsrf"
WHY = "This browser keeps no cookie of this page here, as in another site's frame, so {what} works in a tab of its own."


def is_needed() -> bool:
    """Whether the browser came without cookies. A page that is drawn without a browser counts as one with them."""
    return bool(st.context.headers) and XSRF not in st.context.cookies


def offer(what: str) -> None:
    """Says why `what` does not work here, with a link to this page in a tab of its own."""
    query, url = urlencode(st.query_params.to_dict()), st.context.url or ""
    if url and public_url.here() == f"{url}/":
        url += "/"  # the home page
    st.info(WHY.format(what=what), icon=":material/tab:")
    st.link_button("Open in a tab of its own", f"{url}{query and '?'}{query}", icon=":material/open_in_new:")


def file_uploader(label: str, **about: Any) -> Any:
    """`st.file_uploader` where it works, else the link."""
    if is_needed():
        return offer("sending a file")
    return st.file_uploader(label, **about)
