// Weights from a safetensors file of 16-bit or 32-bit numbers: checked, and made numbers of 32 bits.

const MAX_HEADER = 1 << 20; // bytes
const WIDTH = { F16: 2, F32: 4 };

/** A file that does not hold what it says; the message is a sentence. */
export class BadWeights extends Error {}

/**
 * @typedef {object} Tensor
 * @property {number[]} shape
 * @property {Float32Array} values
 */

/**
 * The tensors of a file, by name, and the texts beside them. Throws BadWeights.
 * @param {ArrayBuffer} buffer
 */
export function readWeights(buffer) {
  const header = readHeader(buffer);
  const { __metadata__: texts = {}, ...entries } = header.entries;
  const data = new Uint8Array(buffer, header.end);
  if (texts.crc32 !== undefined && crc32(data) !== Number(texts.crc32)) {
    throw new BadWeights("The weights were damaged on their way here: their checksum does not hold.");
  }
  /** @type {Map<string, Tensor>} */
  const tensors = new Map();
  for (const [name, entry] of Object.entries(entries)) tensors.set(name, tensor(name, entry, data));
  return { tensors, texts };
}

function readHeader(buffer) {
  if (buffer.byteLength < 8) throw new BadWeights("This is no file of weights: it is too short.");
  const length = Number(new DataView(buffer).getBigUint64(0, true));
  if (!length || length > Math.min(MAX_HEADER, buffer.byteLength - 8)) {
    throw new BadWeights("This is no file of weights: it has no header.");
  }
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array(buffer, 8, length));
    return { entries: JSON.parse(text), end: 8 + length };
  } catch {
    throw new BadWeights("The header of the weights cannot be read.");
  }
}

/** @returns {Tensor} */
function tensor(name, { dtype, shape, data_offsets: [from, to] }, data) {
  const count = shape.reduce((all, size) => all * size, 1);
  const width = WIDTH[dtype];
  if (!width) throw new BadWeights(`The weights ${name} are numbers of an unknown kind, ${dtype}.`);
  if (!(from >= 0 && to <= data.length && to - from === count * width)) {
    throw new BadWeights(`The weights ${name} are not as many as their header says.`);
  }
  const bytes = data.slice(from, to).buffer; // begins where numbers may begin
  if (dtype === "F32") return { shape, values: new Float32Array(bytes) };
  const values = new Float32Array(count);
  const half = halves();
  new Uint16Array(bytes).forEach((bits, k) => (values[k] = half[bits]));
  return { shape, values };
}

/** @type {Float32Array | null} */
let table = null;

/** What each 16-bit number is (IEEE 754, binary16). */
function halves() {
  if (table) return table;
  table = new Float32Array(1 << 16);
  for (let bits = 0; bits < table.length; bits++) {
    const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
    let value = exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -24 * fraction;
    if (exponent === 31) value = fraction ? NaN : Infinity;
    table[bits] = bits >> 15 ? -value : value;
  }
  return table;
}

/** @type {Uint32Array | null} */
let steps = null;

/**
 * The CRC-32 of bytes, as zlib has it: crypto.subtle is there under https alone.
 * @param {Uint8Array} bytes
 */
export function crc32(bytes) {
  steps ??= Uint32Array.from({ length: 256 }, (_, k) => {
    for (let bit = 0; bit < 8; bit++) k = k & 1 ? 0xedb88320 ^ (k >>> 1) : k >>> 1;
    return k;
  });
  let sum = -1;
  for (let k = 0; k < bytes.length; k++) sum = steps[(sum ^ bytes[k]) & 255] ^ (sum >>> 8);
  return (sum ^ -1) >>> 0;
}
