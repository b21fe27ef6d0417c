// The files of a run as a feed's source: from a folder, and from inside the page.
import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { Feed } from "../../assets/charts/run-feed.js";
import { Folder, Inside } from "../../assets/watch/files.js";
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
