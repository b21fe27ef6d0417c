// Generators in the page: when they are fetched, what is asked of the worker, and when the server is left to answer.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

/** What routes answer, by path; and what was asked of them and of the worker. */
let routes;
let asked;
let posted;
let refuses;

class FakeWorker {
  constructor() {
    this.onmessage = this.onerror = /** @type {(event?: any) => void} */ (() => {});
    FakeWorker.last = this;
  }

  postMessage(message) {
    posted.push(message);
    if (message.id === undefined) return;
    const pictures = { pixels: new Uint8Array(4), n: 1, h: 2, w: 2, c: 1, step: 7 };
    const answer = refuses && message[refuses] ? { error: "So not." } : message.z ? { answer: pictures } : {};
    queueMicrotask(() => this.onmessage({ data: { id: message.id, ...answer } }));
  }
}
/** @type {any} */
FakeWorker.last = null;

const json = (value, status = 200) => new Response(status === 204 ? null : JSON.stringify(value), { status });
const program = (step) => ({ version: 1, step, generation: 0, weights: `api/models/x/weights?step=${step}&g=0` });
const Z = new Float32Array(3);
const question = (name = "x", more = "") => ({ url: `/api/models/${name}/images?kind=z&user=u${more}`, body: Z });

/** @type {any} */
let generators;

beforeEach(async () => {
  [routes, asked, posted, refuses] = [{}, [], [], ""];
  globalThis.fetch = async (url) => {
    const { pathname, search } = new URL(String(url));
    asked.push(pathname.replace(/.*\/api/, "/api") + search);
    const name = pathname.split("/").at(-1);
    return name === "weights" ? new Response(new Uint8Array(8)) : routes[name]();
  };
  /** @type {any} */ (globalThis).Worker = FakeWorker;
  const { generators: shared } = await import("../../assets/engine/page.js");
  generators = new /** @type {any} */ (shared.constructor)();
});

test("the first question is the server's, and the next ones are answered here", async () => {
  routes.program = () => json(program(7));
  assert.equal(await generators.draw(question()), undefined);
  assert.equal(await generators.ready(question()), true);
  assert.equal(await generators.ready(question()), true, "the server may have answered later than the program came");
  assert.equal(await generators.ready({ ...question(), body: "?" }), false, "that is the server's");
  const drawn = await generators.draw(question("x", "&class=3"));
  assert.deepEqual([drawn.step, drawn.here], [7, true]);
  assert.deepEqual([posted.at(-1).label, posted.at(-1).shifted], [3, false]);
  assert.equal((await generators.draw({ url: "/api/models/x/images?kind=zw", body: Z })).here, true);
  assert.equal(posted.at(-1).shifted, true);
  assert.deepEqual(asked, ["/api/models/x/program", "/api/models/x/weights?step=7&g=0"]);
});

test("D and EvalNet are fetched by themselves, and judge here; EvalNet once", async () => {
  routes.judge = () => json({ ...program(7), critic: {} });
  const opinion = { url: "/api/models/x/reading?user=u", body: new Uint8Array(4) };
  assert.equal(await generators.draw(opinion), undefined);
  assert.equal(await generators.ready(opinion), true);
  await generators.draw(opinion);
  assert.deepEqual(posted.at(-1).pixels, opinion.body);
  assert.deepEqual([posted.at(-1).name, generators.draws("x")], ["x/judge", false]);
  const judges = () => asked.filter((path) => path.includes("/judge"));
  assert.deepEqual(judges(), ["/api/models/x/judge?networks=e", "/api/models/x/judge?networks=d"]);
  generators.of("x", "judge").notBefore = 0;
  assert.equal(await generators.newer(opinion.url, 6), true);
  assert.deepEqual(judges().slice(2), ["/api/models/x/judge?networks=d&after=7&g=0"]);
});

test("a snapshot is fetched when it is asked for again, and then never looked for", async () => {
  routes.program = () => json(program(7));
  await generators.draw(question("x@7"));
  assert.equal(await generators.ready(question("x@7")), false);
  await generators.draw(question("x@7"));
  assert.equal(await generators.ready(question("x@7")), true);
  assert.equal(await generators.newer(question("x@7").url, 7), false);
  assert.equal(asked.length, 2);
});

test("newer weights are fetched once they are there, at most once a second however many look", async () => {
  routes.program = () => json(program(7));
  await generators.draw(question());
  await generators.ready(question());
  const held = generators.of("x");
  assert.equal(await generators.newer(question().url, 7), false);
  assert.equal(asked.length, 2, "too soon to look again");
  held.notBefore = 0;
  routes.program = () => json({}, 204);
  assert.equal(await generators.newer(question().url, 7), false);
  assert.equal(asked.at(-1), "/api/models/x/program?after=7&g=0");
  held.notBefore = 0;
  routes.program = () => json(program(9));
  const both = [generators.newer(question().url, 7), generators.newer(question().url, 7)];
  assert.deepEqual(await Promise.all(both), [true, true]);
  assert.deepEqual(asked.slice(3), ["/api/models/x/program?after=7&g=0", "/api/models/x/weights?step=9&g=0"]);
});

test("what the page cannot draw stays with the server, which says why", async () => {
  routes.program = () => json({ error: "not available because cumsum." }, 409);
  await generators.draw(question());
  await generators.ready(question());
  assert.equal(await generators.draw(question()), undefined);
  assert.equal(generators.why("x"), "not available because cumsum.");
  assert.equal(await generators.newer(question().url, 7), undefined);
  assert.equal(asked.length, 1);
});

test("a busy server is asked again after a second, and who waits hears of it", async () => {
  let busy = true;
  routes.program = () =>
    busy ? new Response(JSON.stringify({ error: "Loading." }), { status: 503 }) : json(program(7));
  await generators.draw(question());
  const waiting = generators.ready(question());
  await generators.draw(question());
  assert.deepEqual([asked.length, generators.why("x")], [1, ""]);
  busy = false;
  assert.deepEqual(await Promise.all([waiting, generators.ready(question())]), [true, true]);
  assert.equal(asked.length, 3);
});

for (const part of ["program", "z"]) {
  test(`a worker that refuses ${part} leaves the pictures to the server`, async () => {
    refuses = part;
    routes.program = () => json(program(7));
    await generators.draw(question());
    await generators.ready(question());
    assert.equal(await generators.draw(question()), undefined);
    assert.equal(generators.why("x"), "So not.");
  });
}

test("without workers that can be loaded nothing is tried again", async () => {
  routes.program = () => json(program(7));
  await generators.draw(question());
  await generators.ready(question());
  FakeWorker.last.postMessage = () => queueMicrotask(() => FakeWorker.last.onerror());
  assert.equal(await generators.draw(question()), undefined);
  assert.equal(await generators.draw(question("y")), undefined);
  assert.equal(asked.length, 2);
});

test("what the engine has no answer for is the server's: files, w, other paths", async () => {
  for (const url of [
    "/api/models/x/images?kind=w",
    "/api/models/x/images?kind=z&format=png",
    "/api/models/x/gradient?a",
  ]) {
    assert.equal(await generators.draw({ url, body: Z }), undefined);
  }
  assert.equal(asked.length, 0);
});

test("styles are mixed here, and drawn to centres once those of the very weights have come", async () => {
  routes.program = () => json(program(7));
  const mean = [[1, 2]];
  let step = 6;
  routes.centres = () => json({ step, mean, nearest: [] });
  const url = "/api/models/x/images?kind=zw";
  await generators.here({ url, body: Z });
  assert.equal((await generators.draw({ url: `${url}&border=2&coarse=1`, body: Z })).here, true);
  assert.deepEqual(posted.at(-1).styles, { border: 2, coarse: 1 });
  const drawn = { url: `${url}&psi=0.5&centre=mean`, body: Z };
  assert.equal(await generators.here(drawn), undefined, "the server has the centres of other weights");
  step = 7;
  assert.equal((await generators.here(drawn)).here, true);
  assert.deepEqual(posted.at(-1).styles, { psi: 0.5, centres: mean, border: 0, coarse: 0 });
});

test("the generator that was not used for longest goes when there are too many", async () => {
  routes.program = () => json(program(7));
  for (let k = 0; k < 10; k++) {
    await generators.draw(question(`run-${k}`));
    await generators.ready(question(`run-${k}`));
  }
  assert.equal(generators.held.size, 8);
  assert.deepEqual(
    posted.filter(({ id }) => id === undefined).map(({ name }) => name),
    ["run-0", "run-1"],
  );
});
