// Where one stands in the latent space, and the address that brings it back.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Address } from "../../assets/base/address.js";
import { FIELDS } from "../../assets/explore/fields.js";
import { LatentState } from "../../assets/explore/latent-state.js";

const WAYS = { slant: Float32Array.of(1, 0, 0, 0), width: Float32Array.of(0, 1, 0, 0) };
const state = () => new LatentState(4, (name) => WAYS[name]);
const near = (a, b) => a.forEach((value, i) => assert.ok(Math.abs(value - b[i]) < 1e-3, `${a} is not ${b}`));

/** The state that the address of another one makes. */
function linked(from, named = () => true) {
  const address = new Address(FIELDS);
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(from.toLink(named))) {
    const told = value === null ? null : FIELDS[name].write(value);
    if (told !== null) query.set(name, told);
  }
  const to = state();
  to.fromLink(address.read(query));
  return { to, query };
}

test("a link brings seed, values, truncation and what was set by hand back", () => {
  const one = state();
  one.draw(77);
  one.slide("slant", 1.25);
  one.set(3, -2);
  one.psi = 0.5;
  one.spread = 0.8;
  const { to, query } = linked(one);
  near(to.z(), one.z());
  assert.deepEqual([to.seed, to.psi, to.spread, [...to.held], to.values.get("slant")], [77, 0.5, 0.8, [3], 1.25]);
  assert.equal(query.get("dirs"), "slant_125");
});

test("what a link may not name goes into z", () => {
  const one = state();
  one.slide("width", 2);
  const { to, query } = linked(one, () => false);
  assert.equal(query.get("dirs"), null);
  assert.equal(to.values.size, 0);
  near(to.z(), one.z());
});

test("nonsense in an address is a fresh state", () => {
  const to = state();
  to.fromLink(new Address(FIELDS).read(new URLSearchParams("seed=x&spread=7&psi=-1&z=!&set=9.a&dirs=_,*slant_x")));
  assert.deepEqual([to.seed, to.spread, to.psi, to.held.size, to.values.size], [1, 0.45, 1, 0, 0]);
});

test("a value stays within reach, and zero takes it back", () => {
  const one = state();
  one.slide("slant", 9);
  assert.equal(one.values.get("slant"), 3);
  one.slide("slant", 0);
  assert.ok(one.isHome);
});

test("what a direction adds can be kept for good", () => {
  const one = state();
  one.slide("slant", 1);
  const before = one.z();
  one.applyPermanently("slant");
  assert.equal(one.values.size, 0);
  near(one.z(), before);
});

test("memory brings everything back and shares nothing", () => {
  const one = state();
  one.slide("slant", 1);
  const memory = one.memory();
  one.go(5, Float32Array.of(1, 1, 1, 1));
  one.restore(memory);
  one.slide("slant", 2);
  assert.equal(memory.values.get("slant"), 1);
  assert.equal(one.seed, 1);
});

test("the sheet has the axes from edge to edge and keeps the rest", () => {
  const one = state();
  const sheet = one.sheet(["slant", "width"], 3);
  near(
    sheet[0].map((value, i) => value - one.base[i]),
    [-3, 3, 0, 0],
  );
  near(sheet[4], one.base);
});

test("with styles what moves w stands behind z, in links only where it is not zero", () => {
  const ways = { bold: Float32Array.of(0, 0, 0, 0, 1, 0.5) };
  const styled = () => new LatentState(4, (name) => ways[name], 2);
  const one = styled();
  one.draw(5);
  assert.equal(one.z().length, 6);
  assert.deepEqual([...one.z().subarray(4)], [0, 0]);
  assert.equal(one.toLink(() => true).z, null);
  one.slide("bold", 2);
  near(one.z().subarray(4), [2, 1]);
  near(one.neighbours()[0].subarray(4), [2, 1]);
  one.psi = 0.5;
  assert.deepEqual(one.truncated([one.z()]), [one.z()], "the server draws w to a centre");
  const told = one.toLink(() => false);
  const to = styled();
  to.fromLink({ ...told, set: "", dirs: "" });
  near(to.z(), one.z());
  to.go(1, Float32Array.of(1, 2, 3, 4));
  assert.deepEqual([...to.z()], [1, 2, 3, 4, 0, 0]);
  assert.equal(to.write(to.z()).length, state().write(Float32Array.of(1, 2, 3, 4)).length);
});
