// What a feed is told by the files of a run: now.json says which count, the others never change.
import { drawVectors, normals, pack } from "../base/latent.js";

const QUIET = 60000; // ms without another now.json, after which a run that trains has gone silent

/**
 * Where the watch view has a run from: a feed's source, and what is drawn from. `read` and `json` take names that the feed
 * has: of programs, weights, the view. `more`: what else there is, for the end of the page; `run`: the run that is named.
 * @typedef {object} Drawn
 * @property {(name: string) => Promise<any>} json
 * @property {(name: string) => Promise<ArrayBuffer>} read
 * @property {(feed: any) => Promise<{program: any, weights: string}>} critic D, for Painter.hold
 * @property {(feed: any, view: any, seed: number, n: number) => Promise<Hand>} hand
 * @property {(feed: any) => (Node | string)[]} [more]
 * @property {string} [run]
 * @property {(question: number, pick: number) => Promise<void>} [pick] tells what is picked of the class's question
 * @typedef {import("../charts/run-feed.js").Source & Drawn} From
 * @typedef {import("../quiz/hand.js").Hand} Hand
 */

/** @implements {From} */
export class Source {
  /** @param {import("./files.js").Files} files */
  constructor(files) {
    this.files = files;
    this.quick = false;
    this.words = "";
    this.samples = "";
  }

  address(path) {
    return this.files.url(path);
  }

  /** The JSON of a file. */
  async json(name, anew = false) {
    return JSON.parse(new TextDecoder().decode(await this.read(name, anew)));
  }

  read(name, anew = false) {
    return this.files.read(name, anew);
  }

  async critic({ critic: { program, weights } }) {
    return { program: await this.json(program), weights };
  }

  async hand({ critic }, { shape, z_dim }, seed, n) {
    const all = new Uint8Array(await this.read(critic.real));
    const size = shape.reduce((a, b) => a * b);
    const order = shuffled(n, seed);
    const count = Math.floor(n / 2);
    const rows = shuffled(all.length / size, seed + 1);
    const real = new Uint8Array(size * count);
    for (let k = 0; k < count; k++) {
      const from = size * rows[k % rows.length];
      real.set(all.subarray(from, from + size), size * k);
    }
    return { truth: order.map((k) => k < count), real, z: pack(drawVectors(seed + 2, n - count, z_dim)) };
  }

  /** What a feed does not have yet, as `GET …/series` answers; parts that are as they were are null. */
  async series(feed) {
    const { pieces, words, samples, ...now } = await this.json("now.json", true);
    const { age = 0 } = this.files;
    now.stale = now.status === "training" && age > QUIET ? Date.now() - age : 0;
    const anew = { columns: {}, checks: {}, control: null, events: null, about: null, samples: null };
    if (!feed.fresh && (now.generation !== feed.generation || now.seq < feed.seq)) return { ...now, ...anew };
    const start = feed.fresh ? -1 : feed.seq;
    const wanted = pieces.filter(([, last]) => feed.fresh || last > start).map(([name]) => this.json(name));
    for (const { columns, checks } of await Promise.all(wanted)) {
      append(anew.columns, columns, start);
      append(anew.checks, checks, start);
    }
    if (feed.fresh || words !== this.words) Object.assign(anew, await this.json(words));
    if (feed.fresh || JSON.stringify(samples) !== this.samples) anew.samples = samples;
    [this.words, this.samples] = [words, JSON.stringify(samples)];
    return { ...now, ...anew };
  }
}

/** The numbers below n in an order that a seed decides. */
function shuffled(n, seed) {
  const noise = normals(seed);
  const keys = Array.from({ length: n }, () => noise.next().value);
  return [...keys.keys()].sort((a, b) => keys[a] - keys[b]);
}

/** Adds the rows of a piece whose record is after `start`; a column that one of them lacks has nulls there. */
function append(all, piece, start) {
  const seqs = piece.seq ?? [];
  const first = seqs.findIndex((seq) => seq > start);
  if (first < 0) return;
  const before = all.seq?.length ?? 0;
  for (const name of new Set([...Object.keys(all), ...Object.keys(piece)])) {
    all[name] ??= new Array(before).fill(null);
    const values = piece[name] ?? new Array(seqs.length).fill(null);
    for (const value of values.slice(first)) all[name].push(value);
  }
}
