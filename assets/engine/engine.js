// The engine: a generator in the page. Noise in, pixels out, as the server's Sampler draws them.
import { kernel } from "./kernel.js";
import { BadProgram, Network } from "./network.js";
import { Arena, rows } from "./values.js";
import { readWeights } from "./weights.js";

const VERSION = 1; // of programs
const CHUNK = 16; // pictures that are computed together: what lies between two layers stays in the cache

/**
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
    this.w_dim = program.synthesis.inputs.w.shape[1];
  }

  /**
   * Pictures of z (n x z_dim); `label` is their class, or one for each.
   * @param {Float32Array} z
   * @param {number | ArrayLike<number>} [label]
   * @param {boolean} [shifted] whether behind each z stand w_dim numbers more, which are added to its w
   * @returns {Pictures}
   */
  draw(z, label, shifted = false) {
    const length = this.z_dim + (shifted ? this.w_dim : 0);
    const n = z.length / length;
    const [c, h, w] = this.synthesis.part.shape.slice(1);
    const pixels = new Uint8Array(n * h * w * c);
    for (let first = 0; first < n; first += CHUNK) {
      const count = Math.min(CHUNK, n - first);
      const { top } = this.arena;
      const rows = z.subarray(first * length, (first + count) * length);
      const noise = shifted ? columns(rows, length, 0, this.z_dim) : rows;
      const inputs = { z: this.arena.hold([count, this.z_dim], noise) };
      if (this.classes) inputs.y = this.arena.hold([count], this.labels(noise, count, label, first));
      const latent = this.arena.plain(this.mapping.run(inputs, count));
      if (shifted) {
        const { f } = this.arena;
        columns(rows, length, this.z_dim, length).forEach((value, k) => (f[latent.at + k] += value));
      }
      this.toPixels(this.synthesis.run({ w: latent }, count), pixels, first * h * w * c);
      this.arena.top = top;
    }
    return { pixels, n, h, w, c, step: this.step };
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

/** The columns from `first` to `last` of rows of so many numbers. */
function columns(rows, length, first, last) {
  const width = last - first;
  const made = new Float32Array((rows.length / length) * width);
  for (let k = 0; k < made.length; k++) made[k] = rows[Math.floor(k / width) * length + first + (k % width)];
  return made;
}
