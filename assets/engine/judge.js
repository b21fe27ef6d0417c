// D and EvalNet in the page: what they say of pictures, as the route `reading` has it.
import { kernel } from "./kernel.js";
import { Network } from "./network.js";
import { Arena } from "./values.js";
import { readWeights } from "./weights.js";

export class Judge {
  /** @param {import("./kernel.js").Kernel} loops */
  constructor(loops) {
    this.arena = new Arena(loops);
    this.start = this.base = this.arena.top;
    /** @type {any} the program of a classifier that every D is loaded beside; null for that of its own program */
    this.classifier = null;
  }

  /** @param {boolean} [plain] without WebAssembly */
  static async make(plain = false) {
    return new Judge(await kernel(plain));
  }

  /**
   * Takes the networks `critic` and `evaluator` (null where no classifier reads these pictures) and the bytes of their
   * weights. A program without `critic` has the classifier alone, for all that are loaded after it.
   * Throws BadProgram, BadWeights.
   * @param {any} program
   * @param {ArrayBuffer} bytes
   */
  load(program, bytes) {
    this.program = null;
    const { tensors } = readWeights(bytes);
    if (!program.critic) return this.classify(program, tensors);
    this.arena.top = this.base;
    this.critic = new Network(this.arena, program.critic, tensors, "D.");
    if (!this.classifier)
      this.evaluator = program.evaluator && new Network(this.arena, program.evaluator, tensors, "E.");
    this.program = program;
  }

  /** Keeps a classifier below every D. */
  classify(program, tensors) {
    this.arena.top = this.start;
    this.evaluator = program.evaluator && new Network(this.arena, program.evaluator, tensors, "E.");
    this.base = this.arena.top;
    this.classifier = program;
  }

  /**
   * What they say of pictures, bytes N,H,W,C.
   * @param {Uint8Array} pixels
   */
  read(pixels) {
    const { arena, program } = this;
    const { zero, share, step } = program;
    const { names, why } = this.classifier ?? program;
    const [, c, h, w] = program.critic.inputs.x.shape;
    const n = pixels.length / (c * h * w);
    const { top } = arena;
    const x = arena.value([n, c, h, w], true);
    for (let k = 0; k < pixels.length; k++) arena.f[x.at + k] = pixels[k] / 127.5 - 1;
    const d = this.numbers(this.critic.run({ x }, n)).map((logit) => short(logit - zero));
    const classes = this.evaluator && softmax(this.numbers(this.evaluator.run({ x }, n)), names.length);
    arena.top = top;
    return { step, d, p: share ? d.map((logit) => short(1 / (1 + Math.exp(-logit)))) : null, names, classes, why };
  }

  /** The numbers of a result, in the order of its axes. */
  numbers(value) {
    const plain = this.arena.plain(value);
    return Array.from(this.arena.f.subarray(plain.at, plain.at + plain.shape.reduce((all, size) => all * size, 1)));
  }
}

/** Probabilities of rows of logits. */
function softmax(logits, length) {
  return Array.from({ length: logits.length / length }, (_, k) => {
    const row = logits.slice(k * length, (k + 1) * length);
    const shares = row.map((logit) => Math.exp(logit - Math.max(...row)));
    const sum = shares.reduce((all, value) => all + value, 0);
    return shares.map((value) => short(value / sum));
  });
}

function short(value) {
  return Math.round(1e4 * value) / 1e4;
}
