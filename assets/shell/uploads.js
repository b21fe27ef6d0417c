// Failed uploads in words: Streamlit's file picker shows what its HTTP library says, "AxiosError: …".
import { meaning } from "../base/status.js";

const UPLOAD = "/_stcore/upload_file/";
const PICKER = '[data-testid="stFileUploader"]';
const AWAY = "The connection broke off before the whole file was there. Try again.";
const WATCHED_MS = 3000; // after a failure, until its text is on the page

/** From now on; the requests themselves stay as they are. */
export function tellFailures() {
  const { open } = XMLHttpRequest.prototype;
  XMLHttpRequest.prototype.open = function (method, url, ...rest) {
    if (String(url).includes(UPLOAD)) {
      this.addEventListener("load", () => this.status < 400 || tell(sentence(this)));
      this.addEventListener("error", () => tell(AWAY));
    }
    return open.call(this, method, url, ...rest);
  };
}

/** @param {XMLHttpRequest} request */
function sentence({ status, response }) {
  try {
    return JSON.parse(response).error ?? meaning(status);
  } catch {
    return meaning(status);
  }
}

/** Puts the sentence where the picker names its library. */
function tell(text, until = performance.now() + WATCHED_MS) {
  for (const picker of document.querySelectorAll(PICKER)) {
    const walker = document.createTreeWalker(picker, NodeFilter.SHOW_TEXT);
    while (walker.nextNode())
      if (/AxiosError|status code/.test(walker.currentNode.nodeValue)) walker.currentNode.nodeValue = text;
  }
  if (performance.now() < until) requestAnimationFrame(() => tell(text, until));
}
