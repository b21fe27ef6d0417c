// Draws by a run's own networks, in a worker that is made of the text of the page.
import { Client } from "../engine/client.js";

export class Painter {
  /** @param {import("./source.js").From} source */
  constructor(source) {
    this.source = source;
    this.client = new Client(() => {
      const text = document.getElementById("worker")?.textContent ?? "";
      return new Worker(URL.createObjectURL(new Blob([text], { type: "text/javascript" })));
    });
    /** @type {Map<string, Promise<string>>} what the worker holds or is about to: its name there, by that of its weights */
    this.held = new Map();
    /** @type {Map<string, Promise<any>>} programs that are known by name */
    this.programs = new Map();
  }

  /**
   * Has the worker hold a network. Throws an Error with a sentence.
   * @param {any} program itself, or the name of its file
   * @param {string} weights the name of their file
   */
  hold(program, weights) {
    const held = this.held.get(weights) ?? this.load(program, weights);
    this.held.set(weights, held);
    held.catch(() => this.held.delete(weights));
    return held;
  }

  async load(program, weights) {
    const [content, bytes] = await Promise.all([this.content(program), this.source.read(weights)]);
    await this.client.post({ name: weights, program: content, weights: bytes }, [bytes]);
    return weights;
  }

  /** A program; every generator of a run has the same. */
  content(program) {
    if (typeof program !== "string") return program;
    const known = this.programs.get(program) ?? this.source.json(program);
    this.programs.clear();
    this.programs.set(program, known);
    known.catch(() => this.programs.delete(program));
    return known;
  }

  /** Lets go of all but these weights. */
  keep(names) {
    for (const name of [...this.held.keys()].filter((one) => !names.includes(one))) {
      this.held.delete(name);
      this.client.tell({ name });
    }
  }

  /**
   * Pictures of z, one after the other, by weights that are held.
   * @param {Float32Array} z
   * @param {number} [label]
   * @param {boolean} [shifted] whether behind each z stands what is added to its w
   * @returns {Promise<import("../base/http.js").Pictures>}
   */
  async draw(name, z, label, shifted) {
    return (await this.client.post({ name, z, label, shifted })).answer;
  }

  /**
   * What D says of pictures, bytes N,H,W,C.
   * @returns {Promise<{d: number[], p: number[] | null}>}
   */
  async read(name, pixels) {
    return (await this.client.post({ name, pixels })).answer;
  }
}
