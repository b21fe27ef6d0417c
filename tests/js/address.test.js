// Fields of the page's address.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Address, real, text, whole, word } from "../../assets/base/address.js";

test("a word that is not among them is the first", () => {
  const chart = word(["losses", "scores"]);
  assert.deepEqual(["scores", "nonsense", null].map(chart.read), ["scores", "losses", "losses"]);
  assert.deepEqual(["scores", "losses"].map(chart.write), ["scores", null]);
});

test("a number out of bounds, broken or left out is the usual one, which needs no text", () => {
  const seed = whole(0, 10, 1);
  assert.deepEqual(["7", "11", "-1", "2.5", "x", "", " ", null].map(seed.read), [7, 1, 1, 1, 1, 1, 1, 1]);
  assert.deepEqual([7, 1].map(seed.write), ["7", null]);
  assert.equal(real(0, 1, 0.45, { always: true }).write(0.45), "0.45");
  assert.equal(real(0, Infinity, NaN).write(NaN), null);
});

test("a change waits, is one, and leaves the rest of the address alone", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const seen = [];
  globalThis.location = /** @type {any} */ ({
    href: "http://x/compare?runs=a%2Cb&seed=3",
    search: "?runs=a%2Cb&seed=3",
  });
  globalThis.history = /** @type {any} */ ({ state: null, replaceState: (_, __, url) => seen.push(url) });
  const address = new Address({ seed: whole(0, 10, 1), name: text() });
  assert.deepEqual(address.read(), { seed: 3, name: "" });
  address.put({ seed: 5, name: "x" });
  address.put({ seed: 1 });
  assert.deepEqual(seen, []);
  t.mock.timers.tick(1000);
  assert.deepEqual(seen, ["http://x/compare?runs=a%2Cb&name=x"]);
  address.put({ name: "y" });
  address.forget();
  t.mock.timers.tick(1000);
  assert.equal(seen.length, 1);
  address.put({ nobody: 1 });
  assert.throws(() => address.url(), /no field nobody/);
  address.forget();
});
