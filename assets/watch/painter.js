// Draws by a run's own networks, in a worker that is made of the text of the page.
import { Client } from "../engine/client.js";

export class Painter {
  /** @param {import("./source.js").Source} source */
  constructor(source) {
    this.source = source;
    this.client = new Client(() => {
      const text = document.getElementById("worker")?.textContent ?? "";
      return new Worker(URL.createObjectURL(new Blob([text], { type: "text/javascript" })));
    });
    /** @type {Map<string, Promise<string>>} what the worker holds or is about to: its name there, by that of its weights */
    this.held = new Map();
  }

  /**
   * Has the worker hold a network. Throws an Error with a sentence.
   * @param {string} program
   * @param {string} weights names of files
   */
  hold(program, weights) {
    const held = this.held.get(weights) ?? this.load(program, weights);
    this.held.set(weights, held);
    held.catch(() => this.held.delete(weights));
    return held;
  }

  async load(program, weights) {
    const [content, bytes] = await Promise.all([this.source.json(program), this.source.files.read(weights)]);
    await this.client.post({ name: weights, program: content, weights: bytes }, [bytes]);
    return weights;
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
