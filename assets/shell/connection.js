// Comes before Streamlit's own script, and is all of ours that is loaded where the page gets no connection: it tells
// Streamlit where the server is, and people what is in the way.
import { ROOT } from "../base/root.js";
import { reason } from "./reason.js";
import { bar } from "./bar.js";
import { tellFailures } from "./uploads.js";

const FIRST_MS = 2000; // until a page without a connection asks why
const LOST_MS = 2500; // the same, once a connection is lost: a server that starts again may be back
const AGAIN_MS = 3000; // between two looks

/** Where the server is, and that its absence is told here: Streamlit's dialog tells it to who wrote the app. */
/** @type {any} */ (window).__streamlit = { BACKEND_BASE_URL: ROOT.href, HOST_CONFIG: { blockErrorDialogs: true } };

let connected = false; // a socket of Streamlit's is open
let lost = false; // one was, on this page
let timer = 0;

/** Looks until there is a connection; what is in the way stays on the page for as long. */
async function look() {
  if (connected) return;
  const told = await reason(ROOT, lost);
  if (connected) return;
  bar(told);
  timer = window.setTimeout(look, AGAIN_MS);
}

function wait(ms) {
  clearTimeout(timer);
  timer = window.setTimeout(look, ms);
}

/** Streamlit's socket, as it is, and seen. */
class Watched extends WebSocket {
  /**
   * @param {string | URL} url
   * @param {string | string[]} [protocols]
   */
  constructor(url, protocols) {
    super(url, protocols);
    if (!new URL(url, ROOT).pathname.endsWith("/_stcore/stream")) return;
    this.addEventListener("open", () => {
      connected = lost = true;
      clearTimeout(timer);
      bar(null);
      import("./trail.js").then(
        ({ begin }) => begin(),
        () => {}, // the page is being left
      );
    });
    this.addEventListener("close", () => {
      if (!connected) return; // never was: the timer of the page runs
      connected = false;
      wait(LOST_MS);
    });
  }
}

window.WebSocket = Watched;
tellFailures();
addEventListener("pagehide", () => clearTimeout(timer)); // a page that is left closes its sockets
addEventListener("pageshow", ({ persisted }) => persisted && wait(FIRST_MS));
wait(FIRST_MS);
