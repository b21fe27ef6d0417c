// A round of the quiz that the page itself draws and judges: real and generated pictures mixed, and what D says of each.

/**
 * What is told of a guess: what the picture was, whether the guess and D were right, D's share for real (null where its
 * loss gives it none) and its score, above 0 for real.
 * @typedef {{truth: "real" | "generated", right: boolean, d: number | null, d_score: number, d_right: boolean}} Told
 */

export class Round {
  /**
   * @param {import("./hand.js").Hand} hand
   * @param {import("../base/http.js").Pictures} made the generated pictures, of the hand's noise
   */
  constructor({ truth, real }, made) {
    const { h, w, c, step } = made;
    const size = h * w * c;
    const pixels = new Uint8Array(truth.length * size);
    let [reals, fakes] = [0, 0];
    truth.forEach((isReal, k) => {
      const from = size * (isReal ? reals++ : fakes++);
      pixels.set((isReal ? real : made.pixels).subarray(from, from + size), k * size);
    });
    this.truth = truth;
    this.pictures = { pixels, n: truth.length, h, w, c, step };
  }

  /** Takes what D says of the pictures: a score each, and a share where its loss has one. */
  judged({ d, p }) {
    this.scores = d;
    this.shares = p;
    return this;
  }

  /**
   * What was guessed of picture k, and what is so.
   * @returns {Told}
   */
  guess(k, word) {
    const [isReal, score] = [this.truth[k], this.scores[k]];
    const truth = isReal ? "real" : "generated";
    return { truth, right: word === truth, d: this.shares?.[k] ?? null, d_score: score, d_right: score > 0 === isReal };
  }
}
