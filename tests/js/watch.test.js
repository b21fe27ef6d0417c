// The sources of the watch view: a server's routes, a folder of files, the page itself; and rounds of its quiz.
import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { Feed } from "../../assets/charts/run-feed.js";
import { Round } from "../../assets/quiz/round.js";
import { Folder, Inside } from "../../assets/watch/files.js";
import { Routes } from "../../assets/watch/routes.js";
import { Source } from "../../assets/watch/source.js";

const never = { addEventListener() {}, removeEventListener() {} };
globalThis.document = /** @type {any} */ ({ visibilityState: "hidden", ...never });
globalThis.window = /** @type {any} */ (never);

const piece = (...seqs) => ({ columns: { seq: seqs, step: seqs.map((seq) => 10 * seq) }, checks: {} });
const words = (count) => ({
  control: { budget: {} },
  events: Array.from({ length: count }, (_, step) => ({ event: "paused", step })),
  about: { statistics: {}, d: null },
});
const now = (more) => ({
  ...{ generation: 0, seq: 1, status: "training", pieces: [["a", 1]], words: "w1", classes: [] },
  ...{ samples: { fixed: [0], random: [] }, picture_url: "pictures/{sort}-{step}.webp" },
  ...more,
});

/** A feed of files that a test may change, and the names that were asked for. */
function made(files) {
  const asked = [];
  const read = async (name) => {
    asked.push(name);
    return new TextEncoder().encode(JSON.stringify(files[name])).buffer;
  };
  const source = new Source({ read, url: (name) => `here/${name}` });
  const feed = new Feed("x", source);
  const look = async () => (asked.splice(0), feed.take(await source.series(feed)), asked);
  return { feed, files, look };
}

test("only what is new is asked for", async () => {
  const { feed, files, look } = made({ "now.json": now(), a: piece(0, 1), w1: words(1) });
  assert.deepEqual(await look(), ["now.json", "a", "w1"]);
  assert.deepEqual(await look(), ["now.json"]);
  const pieces = [
    ["a", 1],
    ["b", 3],
  ];
  Object.assign(files, { "now.json": now({ seq: 3, pieces, words: "w2" }), b: piece(2, 3), w2: words(2) });
  assert.deepEqual(await look(), ["now.json", "b", "w2"]);
  assert.deepEqual([feed.columns.step, feed.events.length, feed.status], [[0, 10, 20, 30], 2, "training"]);
  assert.equal(feed.picture("fixed", 0), "here/pictures/fixed-0.webp");
});

test("of pieces that were put together the records that are new are taken", async () => {
  const { feed, files, look } = made({ "now.json": now(), a: piece(0, 1), w1: words(1) });
  await look();
  const whole = { columns: { seq: [0, 1, 2], step: [0, 10, 20], fd: [5, 6, 7] }, checks: { seq: [2], step: [20] } };
  Object.assign(files, { "now.json": now({ seq: 2, pieces: [["c", 2]] }), c: whole });
  await look();
  assert.deepEqual(feed.columns, { seq: [0, 1, 2], step: [0, 10, 20], fd: [null, null, 7] });
  assert.deepEqual(feed.checks, { seq: [2], step: [20] });
});

test("a log that was cut back is read from its beginning", async () => {
  const { feed, files, look } = made({ "now.json": now(), a: piece(0, 1), w1: words(1) });
  await look();
  Object.assign(files, { "now.json": now({ seq: 0, generation: 1, pieces: [["d", 0]] }), d: piece(0) });
  await look();
  await look();
  assert.deepEqual([feed.columns.step, feed.generation], [[0], 1]);
});

test("files inside the page are found by name, others are an error", async () => {
  const contents = { "now.json": Buffer.from("{}"), "a/b.bin": Buffer.from([1, 2, 3]) };
  const index = Buffer.from(JSON.stringify({ "now.json": [0, 2], "a/b.bin": [2, 3] }));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(index.length);
  const whole = Buffer.concat([length, index, ...Object.values(contents)]);
  const files = await Inside.of(gzipSync(whole).toString("base64"));
  assert.deepEqual([...new Uint8Array(await files.read("a/b.bin"))], [1, 2, 3]);
  assert.match(files.url("a/b.bin"), /^blob:/);
  assert.equal(files.url("c"), "");
  await assert.rejects(files.read("c"), /c is not in this page/);
});

test("of a folder only now.json is asked for anew each time", async (t) => {
  const asked = [];
  t.mock.method(globalThis, "fetch", async (url, { cache }) => {
    asked.push([url, cache]);
    return url.endsWith("gone") ? new Response("", { status: 404 }) : new Response("{}");
  });
  const files = new Folder("https://host/runs/x/");
  await files.read("now.json", true);
  await files.read("feed/a.json");
  assert.deepEqual(asked, [
    ["https://host/runs/x/now.json", "no-cache"],
    ["https://host/runs/x/feed/a.json", "default"],
  ]);
  await assert.rejects(files.read("gone"), /gone is not there/);
});

test("a published run that trains is stale when its files have stayed as they are for long", async (t) => {
  const headers = { Date: "Mon, 30 Nov 2026 10:02:00 GMT", "Last-Modified": "Mon, 30 Nov 2026 10:00:00 GMT" };
  const source = new Source(new Folder("https://host/x/"));
  const feed = new Feed("x", source);
  for (const [status, stale] of [
    ["training", true],
    ["finished", false],
  ]) {
    const body = JSON.stringify(now({ status, pieces: [], words: "w" }));
    t.mock.method(globalThis, "fetch", async () => new Response(body, { headers }));
    const answer = await source.series(Object.assign(feed, { fresh: false, seq: 1 }));
    assert.equal(answer.stale > 0, stale);
  }
});

test("of routes all is asked for when another run is followed, and a busy server is asked again", async (t) => {
  const asked = [];
  const answers = [
    new Response('{"error": "busy."}', { status: 503, headers: { "Retry-After": "0.01" } }),
    new Response(JSON.stringify({ id: "b", generation: 0, seq: 0 })),
  ];
  t.mock.method(globalThis, "fetch", async (url) => {
    asked.push(url);
    return url.includes("/view") ? answers.shift() : new Response(JSON.stringify({ id: "b", generation: 0, seq: 0 }));
  });
  const source = new Routes("https://host/in/", "");
  const feed = Object.assign(new Feed("a", source), { fresh: false, seq: 7, known: "k" });
  assert.deepEqual(await source.series(feed), { generation: 0, seq: 0 });
  assert.deepEqual([feed.id, feed.fresh], ["b", true]);
  assert.equal(asked[0], "https://host/in/api/watch?held=a&after=7&known=k");
  assert.equal((await source.json("api/watch/view?run=b")).id, "b");
  assert.equal(asked.length, 3);
});

test("a round is half real, without a picture twice, and tells of a guess what is so", async () => {
  const [n, size] = [10, 4];
  const real = Uint8Array.from({ length: 6 * size }, (_, k) => 1 + Math.floor(k / size));
  const source = new Source({ read: async () => real.buffer, url: String });
  const view = { shape: [1, 2, 2], z_dim: 3 };
  const hand = await source.hand({ critic: { real: "r" } }, view, 5, n);
  assert.deepEqual([hand.truth.length, hand.truth.filter(Boolean).length, hand.z.length], [n, n / 2, (n / 2) * 3]);
  assert.equal(new Set(hand.real).size, n / 2);
  assert.deepEqual(await source.hand({ critic: { real: "r" } }, view, 5, n), hand, "a seed deals the same");
  const made = { pixels: new Uint8Array((n / 2) * size).fill(200), n: n / 2, h: 2, w: 2, c: 1, step: 3 };
  const round = new Round(hand, made).judged({ d: hand.truth.map((isReal, k) => (isReal || !k ? 1 : -1)), p: null });
  hand.truth.forEach((isReal, k) => {
    assert.equal(round.pictures.pixels[k * size] < 200, isReal);
    const told = round.guess(k, "real");
    assert.deepEqual([told.truth === "real", told.right, told.d], [isReal, isReal, null]);
    assert.equal(told.d_right, isReal || k > 0);
  });
});
