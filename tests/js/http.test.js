// Asking the server: refusals, a busy server, the newest question, pictures, lines.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { ask, job, json, Newest, pictures, Refusal, ticks } from "../../assets/base/http.js";

/** What the server is to answer, one after the other; a function makes one of the request, null answers nothing. */
let answers;
let asked;

beforeEach(() => {
  answers = [];
  asked = [];
  globalThis.fetch = async (url, options) => {
    asked.push({ path: new URL(String(url)).pathname + new URL(String(url)).search, ...options });
    const answer = answers.shift();
    if (answer === null) throw new TypeError("Failed to fetch");
    return typeof answer === "function" ? answer(options) : answer;
  };
});

const told = (value, status = 200, headers = {}) => new Response(JSON.stringify(value), { status, headers });
const busy = (seconds = "0.001") => told({ error: "Others are being served." }, 503, { "Retry-After": seconds });
const image = (step, value = 1) =>
  new Response(Uint8Array.of(value, 2, 3, 4), { headers: { "X-Shape": "1,2,2,1", "X-Step": String(step) } });

test("an address belongs to the app, a body is posted", async () => {
  answers = [told({ ok: 1 }), told({})];
  assert.deepEqual(await json("/api/health"), { ok: 1 });
  await ask("/api/x", { body: "1" });
  assert.deepEqual(
    asked.map(({ path, method }) => [path.endsWith("/api/health") || path.endsWith("/api/x"), method]),
    [
      [true, "GET"],
      [true, "POST"],
    ],
  );
});

test("a refusal is the server's sentence, with its status", async () => {
  answers = [told({ error: "There is no run." }, 404), new Response("<html>", { status: 500 }), null];
  await assert.rejects(ask("/api/x"), { message: "There is no run.", status: 404, retry: 0 });
  await assert.rejects(ask("/api/x"), { message: "The server said 500." });
  await assert.rejects(ask("/api/x"), (error) => error instanceof Refusal && error.status === 0 && error.retry > 0);
});

test("a proxy that answers in the server's place is put into words", async () => {
  answers = [new Response("<html>", { status: 413 }), new Response("<html>", { status: 502 }), told({ ok: 1 })];
  await assert.rejects(ask("/api/x"), { message: /as large as this \(413\).*client_max_body_size/, retry: 0 });
  assert.deepEqual(await json("/api/x", { tries: 2 }), { ok: 1 });
});

test("a busy server is asked again, so often and after so many seconds as was said", async () => {
  const heard = [];
  answers = [busy(), busy(), told({ n: 3 })];
  assert.deepEqual(await json("/api/x", { tries: 3, told: (sentence) => heard.push(sentence) }), { n: 3 });
  assert.deepEqual(heard, ["Others are being served.", "Others are being served."]);
  answers = [busy(), busy()];
  await assert.rejects(ask("/api/x", { tries: 2 }), { status: 503 });
  answers = [busy("600")];
  const stop = new AbortController();
  const waiting = ask("/api/x", { tries: Infinity, signal: stop.signal, told: () => stop.abort() });
  await assert.rejects(waiting, { name: "AbortError" });
});

test("pictures come with their shape", async () => {
  assert.deepEqual(await pictures(image(9)), { pixels: Uint8Array.of(1, 2, 3, 4), n: 1, h: 2, w: 2, c: 1, step: 9 });
});

test("a job tells how far it is until it is done", async () => {
  const heard = [];
  answers = [told({ text: "reading", done: 0.4 }, 202), busy(), told({ index: 12 })];
  const found = await job("/api/x", { every: 1, told: (sentence) => heard.push(sentence) });
  assert.deepEqual([found, heard], [{ index: 12 }, ["reading 40 %", "Others are being served."]]);
});

test("lines are read as they come, however they are cut", async () => {
  const parts = ['{"step": 1}\n{"st', 'ep": 2}\n', '{"error": "It ran out of memory."}'];
  const body = new ReadableStream({
    start(stream) {
      for (const part of parts) stream.enqueue(new TextEncoder().encode(part));
      stream.close();
    },
  });
  const seen = [];
  const reading = async () => {
    for await (const tick of ticks(new Response(body))) seen.push(tick.step);
  };
  await assert.rejects(reading(), { message: "It ran out of memory." });
  assert.deepEqual(seen, [1, 2]);
});

test("of questions that come while one is under way only the newest is asked", async () => {
  let wanted = 1;
  let answerFirst;
  const seen = [];
  const newest = new Newest({
    question: () => ({ url: `/api/x?q=${wanted}`, body: "" }),
    answered: ({ step }) => seen.push(step),
  });
  answers = [() => new Promise((done) => (answerFirst = () => done(image(1)))), image(3)];
  const first = newest.ask();
  wanted = 2;
  newest.ask();
  wanted = 3;
  newest.ask();
  answerFirst();
  await first;
  assert.deepEqual(seen, [1, 3]);
  assert.deepEqual(
    asked.map(({ path }) => path.at(-1)),
    ["1", "3"],
  );
});

test("a look asks for newer weights alone, and is content with none", async () => {
  const seen = [];
  const newest = new Newest({
    question: (newer) => ({ url: "/api/x?kind=z", body: String(newer) }),
    answered: ({ step }) => seen.push(step),
  });
  answers = [image(5), new Response(null, { status: 204 }), image(6)];
  await newest.ask();
  await newest.look();
  await newest.look();
  assert.deepEqual(seen, [5, 6]);
  assert.ok(asked[1].path.endsWith("&after=5") && asked[1].body === "true");
});

test("a crowd is told of only where there is nothing to see yet", async () => {
  const heard = [];
  const newest = new Newest({
    question: () => ({ url: "/api/x", body: "" }),
    answered: () => {},
    told: (sentence, status) => heard.push([sentence, status]),
  });
  answers = [busy(), image(1)];
  await newest.ask();
  assert.deepEqual(heard, [
    ["Others are being served.", 503],
    ["", undefined],
  ]);
  heard.length = 0;
  answers = [busy(), image(2)];
  await newest.ask();
  assert.deepEqual(heard, [["", undefined]]);
});

test("a mistake in what is done with an answer does not end the asking", async () => {
  const reported = [];
  globalThis.reportError = (error) => reported.push(error.message);
  let calls = 0;
  const newest = new Newest({
    question: () => ({ url: "/api/x", body: "" }),
    answered: () => {
      calls += 1;
      if (calls === 1) throw new Error("ours");
    },
  });
  answers = [image(1), image(2)];
  await newest.ask();
  await newest.ask();
  assert.deepEqual([calls, reported], [2, ["ours"]]);
});
