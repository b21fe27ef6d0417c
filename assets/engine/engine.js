// The engine: a generator in the page. Noise in, pixels out, as the server's Sampler draws them.
import { kernel } from "./kernel.js";
import { BadProgram, Network } from "./network.js";
import { Arena, rows } from "./values.js";
import { readWeights } from "./weights.js";

const VERSION = 1; // of programs
const CHUNK = 16; // pictures that are computed together: what lies between two layers stays in the cache

/**
 * What is done to w between the networks of a generator with styles, as the server's Sampler does it. `psi` draws each w to
 * the nearest of `centres`, w_dim numbers each. `border`: the first `coarse` of z and the others are mixed, each with
 * each; layers before the border have the coarse style.
 * @typedef {{psi?: number, centres?: number[][], border?: number, coarse?: number}} Styles
 *
 * Pixels of n pictures, as answers of the server have them.
 * @typedef {import("../base/http.js").Pictures} Pictures
 */

export class Engine {
  /** @param {import("./kernel.js").Kernel} loops */
  constructor(loops) {
    this.arena = new Arena(loops);
    this.base = this.arena.top;
    this.step = 0;
  }

  /** @param {boolean} [plain] without WebAssembly */
  static async make(plain = false) {
    return new Engine(await kernel(plain));
  }

  /**
   * Takes a program and the bytes of its weights. Throws BadProgram, BadWeights; then there is no generator.
   * @param {any} program
   * @param {ArrayBuffer} bytes
   */
  load(program, bytes) {
    this.mapping = this.synthesis = null;
    if (program.version !== VERSION) throw new BadProgram("The program is of another version than this page.");
    const { tensors, texts } = readWeights(bytes);
    this.arena.top = this.base;
    const mapping = new Network(this.arena, program.mapping, tensors);
    this.synthesis = new Network(this.arena, program.synthesis, tensors);
    this.mapping = mapping;
    this.step = Number(texts.step ?? 0);
    this.classes = program.mapping.inputs.y?.classes ?? 0;
    this.z_dim = program.mapping.inputs.z.shape[1];
    const { shape } = program.synthesis.inputs.w;
    this.w_dim = shape.at(-1);
    this.layers = shape.length > 2 ? shape[1] : 0; // that have styles of their own
  }

  /**
   * Pictures of z (n x z_dim); `label` is their class, or one for each.
   * @param {Float32Array} z
   * @param {number | ArrayLike<number>} [label]
   * @param {boolean} [shifted] whether behind each z stand w_dim numbers more, which are added to its w
   * @param {Styles} [styles]
   * @returns {Pictures}
   */
  draw(z, label, shifted = false, { psi = 1, centres = [], border = 0, coarse = 0 } = {}) {
    const latents = this.mapped(z, label, shifted);
    if (psi !== 1) drawTo(latents, this.w_dim, centres, psi);
    const fine = latents.length / this.w_dim - coarse;
    const n = border ? coarse * fine : fine;
    const row = (k, layer) => (!border ? k : layer < border ? Math.floor(k / fine) : coarse + (k % fine));
    const [c, h, w] = this.synthesis.part.shape.slice(1);
    const pixels = new Uint8Array(n * h * w * c);
    for (let first = 0; first < n; first += CHUNK) {
      const count = Math.min(CHUNK, n - first);
      const { top } = this.arena;
      const shape = [count, ...(this.layers ? [this.layers] : []), this.w_dim];
      const styles = new Float32Array(shape.reduce((a, b) => a * b));
      for (let k = 0; k < styles.length / this.w_dim; k++) {
        const each = this.layers || 1;
        const from = this.w_dim * row(first + Math.floor(k / each), k % each);
        styles.set(latents.subarray(from, from + this.w_dim), k * this.w_dim);
      }
      this.toPixels(this.synthesis.run({ w: this.arena.hold(shape, styles) }, count), pixels, first * h * w * c);
      this.arena.top = top;
    }
    return { pixels, n, h, w, c, step: this.step };
  }

  /** w of z, w_dim numbers each. */
  mapped(z, label, shifted) {
    const length = this.z_dim + (shifted ? this.w_dim : 0);
    const n = z.length / length;
    const found = new Float32Array(n * this.w_dim);
    for (let first = 0; first < n; first += CHUNK) {
      const count = Math.min(CHUNK, n - first);
      const { top } = this.arena;
      const rows = z.subarray(first * length, (first + count) * length);
      const noise = shifted ? columns(rows, length, 0, this.z_dim) : rows;
      const inputs = { z: this.arena.hold([count, this.z_dim], noise) };
      if (this.classes) inputs.y = this.arena.hold([count], this.labels(noise, count, label, first));
      const latent = this.arena.plain(this.mapping.run(inputs, count));
      const at = first * this.w_dim;
      found.set(this.arena.f.subarray(latent.at, latent.at + count * this.w_dim), at);
      if (shifted) columns(rows, length, this.z_dim, length).forEach((value, k) => (found[at + k] += value));
      this.arena.top = top;
    }
    return found;
  }

  /** The classes asked for; else each z has one of its own, from its bits, as the server's Sampler has it. */
  labels(noise, count, label, first) {
    if (typeof label === "number") return new Array(count).fill(label);
    if (label) return Array.from({ length: count }, (_, k) => label[first + k]);
    const bits = new Int32Array(noise.buffer, noise.byteOffset, noise.length);
    return Array.from({ length: count }, (_, k) => {
      const sum = bits.subarray(k * this.z_dim, (k + 1) * this.z_dim).reduce((all, value) => all + value, 0);
      return ((sum % this.classes) + this.classes) % this.classes;
    });
  }

  /** x (N,C,H,W in [-1, 1]) as bytes N,H,W,C. */
  toPixels(x, pixels, at) {
    const { f } = this.arena;
    const [n, c, h, w] = x.shape;
    const [sn, sc, sy, sx] = x.strides;
    const to = { at, strides: [h * w * c, w * c, c, 1] };
    rows([n, h, w, c], [to, { at: x.at, strides: [sn, sy, sx, sc] }], (o, a, count, so, sa) => {
      for (let k = 0; k < count; k++, o += so, a += sa) {
        const value = f[a];
        pixels[o] = value > -1 ? (value < 1 ? (value + 1) * 127.5 + 0.5 : 255) : 0;
      }
    });
  }
}

/** Draws each w (rows of so many numbers) to the nearest of centres: psi 1 leaves it, 0 makes it that centre. */
function drawTo(w, length, centres, psi) {
  for (let at = 0; at < w.length; at += length) {
    const far = centres.map((centre) => centre.reduce((sum, value, k) => sum + (w[at + k] - value) ** 2, 0));
    const centre = centres[far.indexOf(Math.min(...far))];
    for (let k = 0; k < length; k++) w[at + k] = centre[k] + psi * (w[at + k] - centre[k]);
  }
}

/** The columns from `first` to `last` of rows of so many numbers. */
function columns(rows, length, first, last) {
  const width = last - first;
  const made = new Float32Array((rows.length / length) * width);
  for (let k = 0; k < made.length; k++) made[k] = rows[Math.floor(k / width) * length + first + (k % width)];
  return made;
}
