// The worker that draws: it holds what a page uses, each in a memory of its own, and answers in turn.
//
// {id, name, program, weights} takes a generator, {id, name, z, label, shifted, styles} draws with it; {id, name, program, weights}
// with an evaluator, or the place of one, takes D and EvalNet, or either, {id, name, pixels} has them judge; {name} alone lets go of it. The reply has the same
// id, and the answer, or an error with a sentence.
import { Engine } from "./engine.js";
import { Judge } from "./judge.js";
import { BadProgram } from "./network.js";
import { BadWeights } from "./weights.js";

/** @type {Map<string, Promise<any>>} */
const engines = new Map();

addEventListener("message", async ({ data: { id, name, program, weights, z, label, shifted, styles, pixels } }) => {
  try {
    if (program) {
      if (!engines.has(name)) engines.set(name, ("evaluator" in program ? Judge : Engine).make());
      (await engines.get(name)).load(program, weights);
      postMessage({ id });
    } else if (z) {
      const answer = (await engines.get(name)).draw(z, label, shifted, styles);
      postMessage({ id, answer }, { transfer: [answer.pixels.buffer] });
    } else if (pixels) {
      postMessage({ id, answer: (await engines.get(name)).read(pixels) });
    } else {
      engines.delete(name);
    }
  } catch (error) {
    const known = error instanceof BadProgram || error instanceof BadWeights;
    postMessage({ id, error: known ? error.message : `The page cannot draw this generator: ${error.message}.` });
  }
});
