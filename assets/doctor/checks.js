// What a browser can find out about the way to the server, and about itself: the browser's half of the doctor.
import { ROOT, address } from "../base/root.js";
import { reason } from "../shell/reason.js";

const SLOW_MS = 300; // an answer, and dragging is no longer smooth
const SKEW_S = 120;
const PROBES = 5;
const PATIENCE_MS = 15_000; // for the server's answer: a slow one is no proxy in the way

/**
 * @typedef {{ name: string, state: "ok" | "warning" | "problem", text: string, advice?: string }} Check
 */

/**
 * Every check, one after the other.
 * @returns {AsyncGenerator<Check>}
 */
export async function* checks() {
  yield place();
  yield await connection();
  yield* await answers();
  yield cookies();
  yield storage();
  yield clipboard();
}

/** @returns {Check} */
function place() {
  const text = `This page is at ${ROOT.href}`;
  if (window.top === window.self) return { name: "address", state: "ok", text };
  const advice = "Watching and exploring work there; driving only where whoever runs the server admits that site.";
  return { name: "address", state: "ok", text: `${text} and stands in a frame of another page.`, advice };
}

/** @returns {Promise<Check>} */
async function connection() {
  const text = await reason(ROOT, false, PATIENCE_MS);
  if (text) return { name: "connection", state: "problem", text };
  return { name: "connection", state: "ok", text: "The server admits this address, and WebSockets get through." };
}

/** @returns {Promise<Check[]>} */
async function answers() {
  const times = [];
  let date = NaN;
  try {
    for (let k = 0; k < PROBES; k++) {
      const begun = performance.now();
      const answer = await fetch(address("api/health"), { cache: "no-store" });
      await answer.text();
      times.push(performance.now() - begun);
      date = Date.parse(answer.headers.get("Date") ?? "");
    }
  } catch (error) {
    return [{ name: "answers", state: "problem", text: `The server does not answer: ${error.message}` }];
  }
  const ms = Math.round(times.sort((a, b) => a - b)[PROBES >> 1]);
  /** @type {Check[]} */
  const found = [{ name: "answers", state: "ok", text: `An answer of the server takes ${ms} ms.` }];
  if (ms > SLOW_MS)
    Object.assign(found[0], { state: "warning", advice: "Pictures follow the pointer late; a nearer server helps." });
  const skew = Math.round((Date.now() - date) / 1000);
  if (Math.abs(skew) > SKEW_S)
    found.push({ name: "clock", state: "warning", text: `This browser's clock and the server's differ by ${skew} s.` });
  return found;
}

/** @returns {Check} */
function cookies() {
  if (/(^|; )_streamlit_xsrf=/.test(document.cookie))
    return { name: "cookies", state: "ok", text: "Cookies of this page are kept, so files can be uploaded." };
  return {
    name: "cookies",
    state: "warning",
    text: "This browser keeps no cookie of this page here, so no file can be uploaded.",
    advice: "Open the page in a tab of its own, or allow its cookies.",
  };
}

/** @returns {Check} */
function storage() {
  try {
    localStorage.setItem("forger-doctor", "1");
    localStorage.removeItem("forger-doctor");
    return { name: "storage", state: "ok", text: "Pinned samples are kept in this browser." };
  } catch {
    const text = "This browser keeps nothing for this page: pinned samples are gone after a reload.";
    return { name: "storage", state: "warning", text };
  }
}

/** @returns {Check} */
function clipboard() {
  const text = window.isSecureContext ? "Links are copied by one press." : "Links are shown, to be copied by hand.";
  const advice = window.isSecureContext ? "" : "Browsers let a page use the clipboard over https only.";
  return { name: "clipboard", state: "ok", text, advice };
}
