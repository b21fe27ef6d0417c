// What a round of the quiz is dealt from, as the server tells it (GET …/hand).

/**
 * Which pictures are real, the bytes of those, and noise for the others.
 * @typedef {{truth: boolean[], real: Uint8Array, z: Float32Array<ArrayBuffer>}} Hand
 */

/**
 * The hand in an answer of the server.
 * @param {Response} answer
 * @param {number} length of one z
 * @returns {Promise<Hand>}
 */
export async function handOf(answer, length) {
  const truth = [...(answer.headers.get("X-Truth") ?? "")].map((one) => one === "1");
  const bytes = await answer.arrayBuffer();
  const noise = length * truth.filter((real) => !real).length;
  return { truth, z: new Float32Array(bytes, 0, noise), real: new Uint8Array(bytes, 4 * noise) };
}
