// What a teacher's browser says to the class, whenever it learns that it is the teacher's, and whatever the server does.
import assert from "node:assert/strict";
import test from "node:test";

const posted = [];
let answers = [];
globalThis.window = /** @type {any} */ ({ setInterval: () => 1 });
globalThis.document = /** @type {any} */ ({ visibilityState: "visible", baseURI: "http://localhost/" });
globalThis.sessionStorage = /** @type {any} */ ({ getItem: () => null });
globalThis.location = /** @type {any} */ ({ href: "http://localhost/", origin: "http://localhost", pathname: "/" });
globalThis.fetch = /** @type {any} */ (
  async (_, { body }) => {
    const answer = answers.shift() ?? 200;
    if (answer !== 200) return new Response("{}", { status: answer, headers: { "Retry-After": "0.01" } });
    const { scene } = JSON.parse(await body.text());
    posted.push(scene);
    return Response.json({ seq: posted.length, follows: true, scene, question: null });
  }
);

const { stage } = await import("../../assets/base/stage.js");
const rest = (ms = 500) => new Promise((done) => setTimeout(done, ms));
const train = { page: "train", query: { run: "a" } };

test("what is shown before the browser is known as the teacher's is said then, and once", async () => {
  stage.show(train);
  stage.show({ panel: "quality" });
  await rest();
  assert.deepEqual(posted, []);
  stage.be("teacher");
  stage.be("teacher");
  stage.show(train);
  await rest();
  assert.deepEqual(posted.splice(0), [{ ...train, panel: "quality", step: null }]);
});

test("another place begins with its own panel, live", async () => {
  stage.show({ step: 100 });
  stage.show({ page: "train", query: { run: "b" } });
  await rest();
  assert.deepEqual(posted.splice(0), [{ page: "train", query: { run: "b" }, panel: "", step: null }]);
});

test("a server that is busy is asked again, and one that began anew is told again", async () => {
  answers = [503, 503];
  stage.show({ step: 200 });
  await rest(900);
  assert.equal(posted.splice(0).at(-1).step, 200);
  stage.hear({ seq: 0, follows: true, scene: null, question: null });
  await rest();
  assert.equal(posted.splice(0).at(-1).step, 200);
  stage.hear({ seq: 9, follows: false, scene: null, question: null });
  await rest();
  assert.deepEqual(posted, [], "a class that does not follow is told nothing, again and again");
});
