// Why a page has no connection: what the server says of the address, and whether a socket of ours gets through.
import { meaning } from "../base/status.js";

const PATIENCE_MS = 2500; // for an answer, and for a socket
const SLOW = "The server has not answered for some seconds. The page will continue by itself once it does.";
const HELP = "docs/operating.md has the lines for common proxies.";

/**
 * What is in the way, in sentences, the setting that helps last; null where nothing is, or not for long.
 * @param {URL} root of the app
 * @param {boolean} lost whether there was a connection before
 * @param {number} [patience] ms for an answer, and for a socket
 * @returns {Promise<string | null>}
 */
export async function reason(root, lost, patience = PATIENCE_MS) {
  const about = await ask(root, patience);
  if (typeof about === "string") return about;
  if (!about) return absent(root, lost);
  if (about.refused) return about.refused;
  if (await passes(root, patience)) return null;
  return (
    "This page cannot talk to the server: a proxy between this browser and the server does not pass WebSockets on. " +
    "Whoever runs the proxy can let them through; in nginx: proxy_http_version 1.1; " +
    `proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade"; ${HELP}`
  );
}

/** What the server says of this address; a sentence where something else answers, null where nothing does. */
async function ask(root, patience) {
  const query = new URLSearchParams({ root: root.href });
  const signal = AbortSignal.timeout(patience);
  let answer, text;
  try {
    answer = await fetch(new URL(`api/connection?${query}`, root), { cache: "no-store", signal });
    text = await answer.text();
  } catch (error) {
    return error.name === "TimeoutError" ? SLOW : null;
  }
  const found = parsed(text);
  if (found?.error) return found.error;
  if (!answer.ok || !found) return stranger(answer.status);
  return found;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Something that is not the server answered. */
function stranger(status) {
  if (status >= 400 && status !== 404) return meaning(status);
  return `Something between this browser and the server answers in its place (${status}). ${HELP}`;
}

function absent(root, lost) {
  const here = /^(localhost|127\.|\[::1\])/.test(root.hostname);
  if (globalThis.navigator?.onLine === false && !here)
    return "This browser is offline. The page will continue by itself once it is back.";
  return (
    `The server at ${root.host} does not answer. ` +
    (lost ? "It was stopped, or the network is gone; what was trained is saved. " : "") +
    (here ? "Start it again with: make run. " : "Whoever runs it can start it again. ") +
    "This page comes back by itself."
  );
}

/** Whether a socket of ours is opened. */
function passes(root, patience) {
  const url = new URL("api/connection", root);
  url.protocol = root.protocol === "https:" ? "wss:" : "ws:";
  return new Promise((resolve) => {
    const socket = new WebSocket(url);
    const end = (open) => {
      clearTimeout(timer);
      resolve(open);
      socket.close();
    };
    socket.onopen = () => end(true);
    socket.onerror = () => end(false);
    const timer = setTimeout(end, patience, false);
  });
}
