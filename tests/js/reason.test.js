// What a page without a connection is told.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { reason } from "../../assets/shell/reason.js";

const ROOT = new URL("https://gan.example/forger/");
let asked, opened;

/** A socket that opens or not. */
class Socket {
  static passes = true;
  /** @type {() => void} */ onopen;
  /** @type {() => void} */ onerror;

  constructor(url) {
    opened.push(String(url));
    setTimeout(() => (Socket.passes ? this.onopen() : this.onerror()));
  }
  close() {}
}

/** The server's answer; null is none. */
function answering(answer, passes = true) {
  globalThis.fetch = async (url) => {
    asked.push(String(url));
    if (answer === null) throw new TypeError("Failed to fetch");
    if (answer instanceof Error) throw answer;
    return answer();
  };
  Socket.passes = passes;
}

const about = (refused) => () => new Response(JSON.stringify({ refused }));

beforeEach(() => {
  asked = [];
  opened = [];
  globalThis.WebSocket = /** @type {any} */ (Socket);
});

test("all is well: nothing is said", async () => {
  answering(about(null));
  assert.equal(await reason(ROOT, false), null);
  assert.deepEqual(opened, ["wss://gan.example/forger/api/connection"]);
  assert.deepEqual(asked, [`https://gan.example/forger/api/connection?root=${encodeURIComponent(ROOT.href)}`]);
});

test("what the server refuses it says itself", async () => {
  answering(about("Start it with --public-url."));
  assert.equal(await reason(ROOT, false), "Start it with --public-url.");
  answering(() => new Response(JSON.stringify({ error: "Another name." }), { status: 421 }));
  assert.equal(await reason(ROOT, false), "Another name.");
});

test("a proxy that lets no socket through is told how to", async () => {
  answering(about(null), false);
  assert.match(await reason(ROOT, false), /does not pass WebSockets on.*proxy_set_header Upgrade/);
});

test("an answer whose text does not come in time is a slow server, not something in its place", async () => {
  const late = new ReadableStream({ pull: () => Promise.reject(new DOMException("", "TimeoutError")) });
  answering(() => new Response(late));
  assert.match(await reason(ROOT, false, 10), /has not answered for some seconds/);
});

for (const [status, words] of [
  [502, /does not reach it \(502\)/],
  [401, /asks who you are/],
  [200, /in its place \(200\)/],
])
  test(`something else answers with ${status}`, async () => {
    answering(() => new Response("<html>", { status: Number(status) }));
    assert.match(await reason(ROOT, false), /** @type {RegExp} */ (words));
  });

test("nothing answers", async () => {
  answering(null);
  assert.match(await reason(ROOT, false), /gan\.example does not answer.*Whoever runs it can start it again/);
  assert.match(await reason(new URL("http://localhost:8501/"), false), /make run/);
  assert.match(await reason(ROOT, true), /was trained is saved/);
  answering(new DOMException("", "TimeoutError"));
  assert.match(await reason(ROOT, false), /has not answered for some seconds/);
});
