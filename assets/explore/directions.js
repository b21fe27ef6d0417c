// Directions of a generator: those measured by the server, and one's own, which this browser keeps for the run.
import { json } from "../base/http.js";
import { read, write } from "../base/storage.js";
import { fromText, toText } from "../base/latent.js";

export const SHOWN = 6; // sliders at most
const NAMELESS = ["sefa", "pca"]; // kinds
const ENOUGH = 4; // sliders of the other kinds
const DOTS = 3;
const AGED = 1.5; // how many times as many steps a generator has when its directions are measured again

/** `list` are {name, kind, score, measure, vector, effect}, best first; `why` tells why there are none. */
export class Directions {
  constructor(id, z_dim) {
    this.id = id;
    this.z_dim = z_dim;
    this.step = null;
    this.measured = [];
    this.hidden = [];
    this.least = [];
    this.why = "";
    this.own = this.stored();
    this.picked = read(`forger-shown-${id}`); // names, or null for the best
  }

  get list() {
    return [...this.measured, ...this.own];
  }

  find(name) {
    return this.list.find((direction) => direction.name === name);
  }

  vector = (name) => this.find(name)?.vector;

  /** The sliders: those picked, or the first ones; and whichever is away from zero. */
  shown(values) {
    const names = this.picked?.filter((name) => this.find(name)) ?? this.first();
    const away = [...values].filter(([name, value]) => value && this.find(name) && !names.includes(name));
    return [...names, ...away.map(([name]) => name)].map((name) => this.find(name));
  }

  /** The names of the sliders that one begins with: those that mean something, where there are enough of them. */
  first() {
    const named = this.list.filter(({ kind }) => !NAMELESS.includes(kind));
    return (named.length < ENOUGH ? this.list : named).slice(0, SHOWN).map(({ name }) => name);
  }

  pick(names) {
    this.picked = names;
    write(`forger-shown-${this.id}`, names);
  }

  /** What the server measures of `model`, "id" or "id@step", for `take`; null when it has nothing, and `why` tells why. */
  async measure(model) {
    this.underway?.abort(); // a later question takes over
    const underway = (this.underway = new AbortController());
    if (!this.measured.length) this.why = "Measuring directions …";
    try {
      const found = await json(`/api/models/${model}/directions`, { signal: underway.signal, tries: Infinity });
      this.why = found.directions ? "" : "Not available.";
      return found.directions ? found : null;
    } catch (error) {
      if (this.underway === underway) this.why = error.message;
      return null;
    }
  }

  take(told) {
    const taken = new Set(this.own.map(({ name }) => name));
    const places = new Map(this.measured.map(({ name }, k) => [name, k])); // sliders stay where they were
    const place = ({ name }) => places.get(name) ?? places.size;
    this.measured = told.directions
      .toSorted((one, other) => place(one) - place(other))
      .filter(({ name, vector }) => !taken.has(name) && vector.length === this.z_dim)
      .map((direction) => ({ ...direction, vector: Float32Array.from(direction.vector) }));
    this.step = told.step;
    this.hidden = told.hidden ?? [];
    this.least = bounds(told);
  }

  stop() {
    this.underway?.abort();
  }

  /** Whether a generator of `step` is far from the one these were measured on: so many times as old or as young. */
  aged(step, times = AGED) {
    if (this.step === null) return false;
    const [less, more] = [Math.min(step, this.step), Math.max(step, this.step)];
    return more > less && more >= times * less;
  }

  /** Keeps a way of one's own; the end of a slider is its end. */
  keep(name, vector) {
    const free = this.free(name);
    this.own = [...this.own, { name: free, kind: "own", score: null, measure: "", vector, effect: null }];
    this.store();
    return free;
  }

  rename(name, wanted) {
    const own = this.own.find((direction) => direction.name === name);
    if (!own || name === wanted || !wanted.trim()) return name;
    own.name = this.free(wanted, own);
    this.store();
    if (this.picked) this.pick(this.picked.map((other) => (other === name ? own.name : other)));
    return own.name;
  }

  remove(name) {
    this.own = this.own.filter((direction) => direction.name !== name);
    this.store();
  }

  /** `name`, or with a number behind it if that is taken by another one than `own`. */
  free(name, own = null) {
    const plain = name.trim().replace(/[*_]/g, " ").slice(0, 40) || "my way";
    for (let k = 1; ; k++) {
      const free = k === 1 ? plain : `${plain} ${k}`;
      const taken = this.list.some((other) => other !== own && other.name.toLowerCase() === free.toLowerCase());
      if (!taken) return free;
    }
  }

  stored() {
    const found = read(`forger-directions-${this.id}`) ?? [];
    const made = found.map(({ name, way }) => ({ name, vector: fromText(way, this.z_dim) }));
    return made
      .filter(({ name, vector }) => typeof name === "string" && vector)
      .map((direction) => ({ ...direction, kind: "own", score: null, measure: "", effect: null }));
  }

  store() {
    write(
      `forger-directions-${this.id}`,
      this.own.map(({ name, vector }) => ({ name, way: toText(vector) })),
    );
  }
}

/** A direction as people read it: {name, title, note, spoken, hint}; its note is dots, the more the surer it is. */
export function described({ name, kind, score, measure, effect }) {
  const spoken = Number.isFinite(score) && score !== null ? `${measure} ${score.toFixed(2)}` : "";
  const share = measure === "AUC" ? 2 * score - 1 : score;
  const full = Math.max(1, Math.min(DOTS, Math.round(share * DOTS + 0.5)));
  const note = spoken && "●".repeat(full) + "○".repeat(DOTS - full);
  const told = Object.entries(effect ?? {}).map(
    ([what, sd]) => `${what} ${sd < 0 ? "−" : "+"}${Math.abs(sd).toFixed(1)}`,
  );
  const changes = told.length ? `One unit changes, in standard deviations: ${told.join(", ")}` : "";
  const hint = [spoken, changes].filter(Boolean).join(". ");
  const title = kind === "class" ? `Class ${name}` : name[0].toUpperCase() + name.slice(1);
  return { name, title, note, spoken, hint };
}

/** Below what a direction is hidden, in words. */
const bounds = ({ least, least_auc }) =>
  [least && `R² below ${least}`, least_auc && `AUC below ${least_auc}`].filter(Boolean);
