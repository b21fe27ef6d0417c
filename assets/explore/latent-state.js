// Where one stands in the latent space: a z drawn from a seed, and how far it was moved along directions.
import { drawVectors, fromText, moved, neighbour, rounded, toText, truncate } from "../base/latent.js";

export const REACH = 3; // of a slider; 99.7 % of random numbers lie within
export const MANY = 14; // neighbours
const BETWEEN = "*"; // between two directions in a link; an address leaves it as it is

/**
 * A vector is z, and for a generator with styles what is added to its w behind it: `length` numbers, of which the first
 * `z_dim` are z. The sample is `base` plus, for each direction, its value times its vector. `held` numbers of z and the values of
 * directions are what all neighbours have in common. `vectors` (name -> Float32Array) is looked up, never kept here.
 */
export class LatentState {
  constructor(z_dim, vectors, w_dim = 0) {
    this.z_dim = z_dim;
    this.length = z_dim + w_dim;
    this.vectors = vectors;
    this.values = new Map();
    this.spread = 0.45;
    this.psi = 1;
    this.centre = "nearest";
    this.draw(1);
  }

  /** z and the noise of its neighbours from a seed; `given` takes the place of z. Values stay. */
  draw(seed, given = null) {
    const [first, ...noise] = drawVectors(seed, MANY + 1, this.z_dim);
    const own = rounded(this.whole(first));
    this.seed = seed;
    this.own = own;
    this.noise = noise;
    this.home = given ? rounded(this.whole(given)) : own;
    this.held = new Set();
    this.base = Float32Array.from(this.home);
  }

  /** A z with nothing added to its w, or a vector as it is. */
  whole(z) {
    const vector = new Float32Array(this.length);
    vector.set(z.subarray(0, this.length));
    return vector;
  }

  /** The vector of a link's text; null where it is none. */
  parse(text) {
    const vector = fromText(text, this.z_dim) ?? fromText(text, this.length);
    return vector && this.whole(vector);
  }

  /** A vector as the text of a link: z alone where nothing is added to its w. */
  write(vector) {
    return toText(vector.subarray(this.z_dim).some(Boolean) ? vector : vector.subarray(0, this.z_dim));
  }

  /** Stands at this very z, with every direction at zero. */
  go(seed, z) {
    this.values.clear();
    this.draw(seed, z);
  }

  /** Direction -> value, of those that are not at zero and whose vector is known. */
  get active() {
    return [...this.values].filter(([name, value]) => value && this.vectors(name));
  }

  /** What the directions add to z; without those of `but`. */
  shift(but = []) {
    const shift = new Float32Array(this.length);
    for (const [name, value] of this.active.sort(byName)) {
      if (!but.includes(name)) moved(shift, this.vectors(name), value, shift);
    }
    return shift;
  }

  /** z as it stands, before truncation. */
  z() {
    return moved(this.base, this.shift(), 1);
  }

  neighbours() {
    const shift = this.shift();
    const bases = this.noise.map((noise) => neighbour(this.base, noise, this.spread, this.held));
    return bases.map((base) => moved(base, shift, 1));
  }

  /** The base from which the values lead to neighbour k. */
  baseOf(k) {
    return neighbour(this.base, this.noise[k], this.spread, this.held);
  }

  /** side x side vectors over two directions from -REACH to REACH, row by row from the top. */
  sheet([across, up], side) {
    const rest = moved(this.base, this.shift([across, up]), 1);
    const at = (k) => REACH * ((2 * k) / (side - 1) - 1);
    return Array.from({ length: side * side }, (_, k) => {
      const z = moved(rest, this.vectors(across), at(k % side));
      return moved(z, this.vectors(up), -at(Math.floor(k / side)), z);
    });
  }

  /** As the generator is to get them; one with styles draws w to a centre itself. */
  truncated(vectors) {
    return this.psi === 1 || this.length > this.z_dim ? vectors : vectors.map((z) => truncate(z, this.psi));
  }

  /** Moves along a direction; null or 0 takes it back. */
  slide(name, value) {
    const kept = Math.round(100 * clamp(value)) / 100;
    if (kept) this.values.set(name, kept);
    else this.values.delete(name);
  }

  /** What a direction adds goes into z for good, before the direction itself goes. */
  applyPermanently(name) {
    const [vector, value] = [this.vectors(name), this.values.get(name)];
    if (vector && value) this.base = rounded(moved(this.base, vector, value));
    this.values.delete(name);
  }

  rename(name, other) {
    const value = this.values.get(name);
    this.values.delete(name);
    if (value) this.values.set(other, value);
  }

  /** Sets number i of z; from then on all neighbours have it in common. */
  set(i, value) {
    const wanted = Math.round(1000 * clamp(value)) / 1000;
    this.base[i] = Math.round(1000 * (wanted - this.shift()[i])) / 1000;
    this.held.add(i);
  }

  /** Back to where it was drawn. */
  reset() {
    this.values.clear();
    this.held.clear();
    this.psi = 1;
    this.base = Float32Array.from(this.home);
  }

  get isHome() {
    return this.psi === 1 && !this.active.length && this.base.every((value, i) => value === this.home[i]);
  }

  /** The state as it is now, for `restore`. */
  memory() {
    const { seed, own, noise, home, psi, centre } = this;
    const base = Float32Array.from(this.base);
    return { seed, own, noise, home, psi, centre, base, held: new Set(this.held), values: new Map(this.values) };
  }

  restore(memory) {
    const { base, held, values } = memory;
    Object.assign(this, memory, { base: Float32Array.from(base), held: new Set(held), values: new Map(values) });
  }

  /** What brings the state back: names and texts for an address. Values of directions that `named` refuses go into z. */
  toLink(named) {
    const kept = this.active.filter(([name]) => named(name));
    const rest = this.shift(kept.map(([name]) => name));
    const base = rest.some(Boolean) ? moved(this.base, rest, 1) : this.base;
    return {
      seed: this.seed,
      spread: this.spread,
      psi: this.psi,
      centre: this.centre,
      z: base.some((value, i) => value !== this.own[i]) ? this.write(base) : null,
      set: [...this.held].map((i) => i + 1).join(".") || null,
      dirs: kept.map(([name, value]) => `${name}_${Math.round(100 * value)}`).join(BETWEEN) || null,
    };
  }

  /** The state of an address; whatever is not there or out of bounds is as in a fresh one. */
  fromLink({ seed, spread, psi, centre, z, set, dirs }) {
    this.values.clear();
    this.spread = spread;
    this.psi = psi;
    this.centre = centre;
    this.draw(seed, this.parse(z));
    const held = set.split(".").map(Number);
    this.held = new Set(held.filter((i) => Number.isInteger(i) && i > 0 && i <= this.z_dim).map((i) => i - 1));
    for (const part of dirs.split(BETWEEN).slice(0, 64)) {
      const cut = part.lastIndexOf("_");
      const value = Number(part.slice(cut + 1)) / 100;
      if (cut > 0 && Number.isFinite(value)) this.slide(part.slice(0, cut), value);
    }
  }
}

const clamp = (value) => Math.max(-REACH, Math.min(REACH, value));
/** @type {(one: [string, number], other: [string, number]) => number} */
const byName = ([one], [other]) => (one < other ? -1 : 1);
