// One network of a program with its weights: layers are packed once, then it computes for any number of pictures.
import { OPERATIONS } from "./operations.js";
import { BadWeights } from "./weights.js";

/**
 * @typedef {import("./values.js").Value} Value
 * @typedef {import("./values.js").Arena} Arena
 */

/** A program that this engine cannot follow; the message is a sentence. */
export class BadProgram extends Error {}

export class Network {
  /**
   * Throws BadProgram for an unknown operation, BadWeights for weights that are missing or of another shape.
   * @param {Arena} arena
   * @param {any} part one network of a program
   * @param {Map<string, import("./weights.js").Tensor>} tensors
   * @param {string} [prefix] of the names of its weights
   */
  constructor(arena, part, tensors, prefix = "") {
    this.arena = arena;
    this.part = part;
    /** @type {Map<string, Value>} what no input changes */
    this.fixed = new Map();
    for (const [name, shape] of Object.entries(part.weights)) {
      const tensor = tensors.get(prefix + name);
      if (String(tensor?.shape) !== String(shape)) {
        throw new BadWeights(`The weights do not fit the program: ${name} is missing or has another shape.`);
      }
      this.fixed.set(name, arena.hold(shape, tensor.values));
    }
    for (const [name, { shape, values }] of Object.entries(part.constants)) {
      this.fixed.set(name, arena.hold(shape, values));
    }
    this.steps = part.operations.flatMap((operation) => this.prepared(operation));
  }

  /** An operation as a step of each run; none where no input changes it: then it is computed here. */
  prepared(operation) {
    const make = OPERATIONS[operation.op];
    if (!make) throw new BadProgram(`This page has no operation ${operation.op}.`);
    const operands = operation.in.map((name) => (typeof name === "string" ? this.fixed.get(name) : name));
    const norm = operation.norm?.map((name) => (name === null ? null : this.fixed.get(name)));
    const compute = make(this.arena, norm ? { ...operation, norm } : operation, operands.slice(1));
    if (operands.includes(undefined)) return [{ operation, compute }];
    this.fixed.set(operation.out, compute(operands, operation.shape));
    return [];
  }

  /**
   * The result for n inputs, by name. It lies in memory that is used again once the caller gives it back.
   * @param {Record<string, Value>} inputs
   * @param {number} n
   */
  run(inputs, n) {
    const values = new Map(Object.entries(inputs));
    const get = (name) => (typeof name === "string" ? (values.get(name) ?? this.fixed.get(name)) : name);
    for (const { operation, compute } of this.steps) {
      const shape = operation.shape.map((size) => (size < 0 ? -size * n : size));
      values.set(operation.out, compute(operation.in.map(get), shape));
    }
    return get(this.part.output);
  }
}
