// The inner loops: WebAssembly with 128-bit arithmetic where the browser has it, else the same in plain JavaScript.
import { MULTIPLY } from "./multiply.js";

const PAGE = 1 << 14; // numbers of one page of WebAssembly's memory
const PANEL = 8; // channels of one panel of weights

/**
 * Numbers in one memory, and the loops over them.
 * @typedef {object} Kernel
 * @property {() => Float32Array} numbers the whole memory; another array once it has grown
 * @property {(count: number) => void} grow makes room for so many numbers at least
 * @property {(...args: number[]) => void} multiply as multiply.wat says: addresses and distances are bytes
 * @property {boolean} simd whether it is WebAssembly
 */

/**
 * @param {boolean} [plain] JavaScript alone
 * @returns {Promise<Kernel>}
 */
export async function kernel(plain = false) {
  if (plain) return inJavaScript();
  try {
    const bytes = Uint8Array.from(atob(MULTIPLY), (letter) => letter.charCodeAt(0));
    const { instance } = await WebAssembly.instantiate(bytes);
    return inWebAssembly(instance.exports);
  } catch {
    return inJavaScript(); // no WebAssembly, not these instructions, or a policy that forbids it
  }
}

/** @param {any} exports of multiply.wat */
function inWebAssembly({ memory, multiply }) {
  let numbers = new Float32Array(memory.buffer);
  return {
    numbers: () => numbers,
    grow(count) {
      if (count <= numbers.length) return;
      memory.grow(Math.ceil((Math.max(count, 1.5 * numbers.length) - numbers.length) / PAGE));
      numbers = new Float32Array(memory.buffer);
    },
    multiply,
    simd: true,
  };
}

function inJavaScript() {
  let numbers = new Float32Array(PAGE);
  const sums = new Float32Array(PANEL);
  return {
    numbers: () => numbers,
    grow(count) {
      if (count <= numbers.length) return;
      const larger = new Float32Array(Math.max(count, 2 * numbers.length));
      larger.set(numbers);
      numbers = larger;
    },
    multiply(...args) {
      const [, , , , , segments, length, , slope, , , , width, height, channels] = args;
      const [a, aPixel, aRow, aSegment, b, , , bias, , c, cPixel, cRow] = args.map((value) => value >> 2);
      for (let first = 0; first < channels; first += PANEL) {
        const count = Math.min(PANEL, channels - first);
        for (let y = 0; y < height; y++) {
          for (let x = 0; x < width; x++) {
            let weight = b + first * segments * length;
            for (let k = 0; k < PANEL; k++) sums[k] = numbers[bias + first + k];
            for (let s = 0; s < segments; s++) {
              const from = a + y * aRow + x * aPixel + s * aSegment;
              for (let t = from; t < from + length; t++, weight += PANEL) {
                const value = numbers[t];
                for (let k = 0; k < PANEL; k++) sums[k] += value * numbers[weight + k];
              }
            }
            const to = c + y * cRow + x * cPixel + first;
            for (let k = 0; k < count; k++) numbers[to + k] = sums[k] > 0 ? sums[k] : slope * sums[k];
          }
        }
      }
    },
    simd: false,
  };
}
