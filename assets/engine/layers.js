// Layers with weights: linear, convolutions and BatchNorm, as sums of products of rows (multiply.wat).
import { contiguous, copy, size } from "./values.js";

const PANEL = 8; // output channels of one panel
const FEW = 16; // output channels up to which all phases of a transposed convolution are one convolution
const BYTES = 4;

/**
 * @typedef {import("./values.js").Value} Value
 * @typedef {import("./values.js").Arena} Arena
 */

/**
 * The factor and the shift of each channel that BatchNorm comes down to; with a bias before it in the shift.
 * @param {Arena} arena
 * @param {number} channels
 * @param {{norm?: (Value | null)[], eps?: number}} operation norm: weight, bias, mean, variance
 * @param {Value} [bias]
 */
export function affine({ f }, channels, { norm, eps = 0 }, bias) {
  const factors = new Float32Array(channels).fill(1);
  const shifts = new Float32Array(channels);
  const of = (value, k, absent) => (value ? f[value.at + k * value.strides[0]] : absent);
  for (let k = 0; k < channels; k++) {
    shifts[k] = of(bias, k, 0);
    if (!norm) continue;
    const [weight, shift, mean, variance] = norm;
    factors[k] = of(weight, k, 1) / Math.sqrt(of(variance, k, 1) + eps);
    shifts[k] = (shifts[k] - of(mean, k, 0)) * factors[k] + of(shift, k, 0);
  }
  return { factors, shifts };
}

/**
 * Weights in panels of eight output channels (panels, taps, 8), and their shifts.
 * @param {Arena} arena
 * @param {number} channels
 * @param {(channel: number) => {from: number, taps: ArrayLike<number>, factor: number}} row where the weights of a channel
 *   lie: `from` and the distances of its taps (below 0: there is none), and what they are to be times
 * @param {ArrayLike<number>} shifts
 */
function packed(arena, channels, row, shifts) {
  const panels = Math.ceil(channels / PANEL);
  const { length } = row(0).taps;
  const [at, bias] = [arena.reserve(panels * length * PANEL), arena.reserve(panels * PANEL)];
  const { f } = arena;
  f.fill(0, at, at + panels * length * PANEL);
  f.fill(0, bias, bias + panels * PANEL);
  for (let channel = 0; channel < channels; channel++) {
    const { from, taps, factor } = row(channel);
    let to = at + (channel - (channel % PANEL)) * length + (channel % PANEL);
    for (let tap = 0; tap < length; tap++, to += PANEL) if (taps[tap] >= 0) f[to] = f[from + taps[tap]] * factor;
    f[bias + channel] = shifts[channel];
  }
  return { at, bias, channels, taps: length };
}

/** The distances of taps in the order in which pixels lie: rows of a kernel, columns, input channels. */
function tapsOf(inputs, si, rows, columns) {
  return Int32Array.from({ length: inputs * rows.length * columns.length }, (_, tap) => {
    const [x, y] = [Math.floor(tap / inputs) % columns.length, Math.floor(tap / inputs / columns.length)];
    return rows[y] < 0 || columns[x] < 0 ? -1 : (tap % inputs) * si + rows[y] + columns[x];
  });
}

/** a (M,K) times packed weights: (M,channels). */
function product(arena, a, { at, bias, channels, taps }, slope) {
  const rowwise = a.strides[1] === 1 || a.shape[1] === 1 ? a : arena.plain(a);
  const out = arena.value([a.shape[0], channels]);
  const pixel = rowwise.strides[0] * BYTES;
  const args = [rowwise.at * BYTES, pixel, 0, 0, at * BYTES, 1, taps, bias * BYTES, slope];
  arena.kernel.multiply(...args, out.at * BYTES, channels * BYTES, 0, a.shape[0], 1, channels);
  return out;
}

/**
 * x (N,I) times weight (O,I), and a bias.
 * @param {Arena} arena
 * @param {any} operation
 * @param {[Value, Value?]} weights
 */
export function linear(arena, operation, [weight, bias]) {
  const [outputs, inputs] = weight.shape;
  const { factors, shifts } = affine(arena, outputs, operation, bias);
  const [so, si] = weight.strides;
  const taps = Int32Array.from({ length: inputs }, (_, i) => i * si);
  const pack = packed(arena, outputs, (o) => ({ from: weight.at + o * so, taps, factor: factors[o] }), shifts);
  const { slope = 1 } = operation;
  return ([x]) => product(arena, x, pack, slope);
}

/**
 * A matrix product of two values of which none is fixed, (…,M,K) and (…,K,N), and a bias (N) where there is one.
 * @param {Arena} arena
 */
export function matmul(arena) {
  return ([a, b, bias], shape) => {
    const out = arena.value(shape);
    const [M, K] = a.shape.slice(-2);
    const N = b.shape.at(-1);
    const many = size(shape.slice(0, -2));
    const whole = [arena.plain(a), arena.plain(b)];
    const taps = Int32Array.from({ length: K }, (_, i) => i * N);
    for (let k = 0; k < many; k++) {
      const [left, right] = [whole[0].at + k * M * K, whole[1].at + k * K * N];
      const shifts = Array.from({ length: N }, (_, n) => (bias ? arena.f[bias.at + n * bias.strides[0]] : 0));
      const pack = packed(arena, N, (n) => ({ from: right + n, taps, factor: 1 }), shifts);
      const made = product(arena, { at: left, shape: [M, K], strides: [K, 1] }, pack, 1);
      arena.f.copyWithin(out.at + k * M * N, made.at, made.at + M * N);
    }
    return out;
  };
}

/**
 * BatchNorm that no layer before it could take: of x (N,C) or (N,C,H,W).
 * @param {Arena} arena
 */
export function batchNorm(arena, operation) {
  const channels = operation.norm.find(Boolean).shape[0];
  const { factors, shifts } = affine(arena, channels, operation);
  const { slope = 1 } = operation;
  return ([x]) => {
    const pixels = size(x.shape.slice(2));
    const from = pixels === 1 || x.strides[1] === 1 ? arena.last(x) : arena.plain(x);
    const step = from.strides[1] === 1 ? channels : 1; // from pixel to pixel
    const jump = from.strides[1] === 1 ? 1 : pixels; // from channel to channel
    const out = arena.value(x.shape, true);
    const { f } = arena;
    for (let n = 0; n < x.shape[0]; n++) {
      const [a, b] = [from.at + n * channels * pixels, out.at + n * channels * pixels];
      for (let c = 0; c < channels; c++) {
        const [factor, shift] = [factors[c], shifts[c]];
        for (let p = 0, i = a + c * jump, o = b + c; p < pixels; p++, i += step, o += channels) {
          const value = f[i] * factor + shift;
          f[o] = value > 0 ? value : slope * value;
        }
      }
    }
    return out;
  };
}

/**
 * Pictures (N,C,H,W) channels last with a border of zeros: rows before and after, columns before and after.
 * @param {Arena} arena
 * @param {Value} x
 * @param {number[]} edges
 */
function bordered(arena, x, edges) {
  const [top, bottom, left, right] = edges;
  const [N, C, H, W] = x.shape;
  if (!(top || bottom || left || right)) return { value: arena.last(x), height: H, width: W };
  const [height, width] = [H + top + bottom, W + left + right];
  const whole = arena.value([N, C, height, width], true);
  arena.f.fill(0, whole.at, whole.at + N * C * height * width);
  copy(arena.f, { at: whole.at + (top * width + left) * C, shape: x.shape, strides: whole.strides }, x);
  return { value: whole, height, width };
}

/**
 * A convolution of x (N,I,H,W) with weight (O,I/groups,kh,kw).
 * @param {Arena} arena
 * @param {any} operation
 * @param {[Value, Value?]} weights
 */
export function conv(arena, operation, [weight, bias]) {
  const { stride, padding, dilation, groups, slope = 1 } = operation;
  const [O, I, kh, kw] = weight.shape;
  const { factors, shifts } = affine(arena, O, operation, bias);
  const [so, si, sy, sx] = weight.strides;
  const along = (n, step) => Array.from({ length: n }, (_, k) => k * step);
  const taps = tapsOf(I, si, along(kh, sy), along(kw, sx));
  const row = (o) => ({ from: weight.at + o * so, taps, factor: factors[o] });
  if (groups > 1 || dilation[1] > 1) return byColumns(arena, operation, weight.shape, row, shifts);
  const pack = packed(arena, O, row, shifts);
  return ([x]) => {
    const [top, left] = padding;
    const { value, height, width } = bordered(arena, x, [top, top, left, left]);
    const [Ho, Wo] = [height - dilation[0] * (kh - 1), width - kw + 1].map(
      (n, k) => Math.floor((n - 1) / stride[k]) + 1,
    );
    const out = arena.value([x.shape[0], O, Ho, Wo], true);
    const line = width * I * BYTES;
    for (let n = 0; n < x.shape[0]; n++) {
      arena.kernel.multiply(
        (value.at + n * height * width * I) * BYTES,
        stride[1] * I * BYTES,
        stride[0] * line,
        dilation[0] * line,
        pack.at * BYTES,
        kh,
        kw * I,
        pack.bias * BYTES,
        slope,
        (out.at + n * Ho * Wo * O) * BYTES,
        O * BYTES,
        Wo * O * BYTES,
        Wo,
        Ho,
        O,
      );
    }
    return out;
  };
}

/** The same for groups and for gaps between the columns of a kernel: what each pixel looks at is laid out in a row. */
function byColumns(arena, operation, sizes, row, shifts) {
  const { stride, padding, dilation, groups, slope = 1 } = operation;
  const [O, I, kh, kw] = sizes;
  const per = O / groups;
  const taps = I * kh * kw;
  const packs = Array.from({ length: groups }, (_, g) =>
    packed(arena, per, (o) => row(g * per + o), shifts.subarray(g * per, (g + 1) * per)),
  );
  return ([x]) => {
    const [top, left] = padding;
    const { value, height, width } = bordered(arena, x, [top, top, left, left]);
    const [Ho, Wo] = [height - dilation[0] * (kh - 1), width - dilation[1] * (kw - 1)].map(
      (n, k) => Math.floor((n - 1) / stride[k]) + 1,
    );
    const [N, C] = x.shape;
    const out = arena.value([N, O, Ho, Wo], true);
    const columns = arena.value([N * Ho * Wo, taps]);
    packs.forEach((pack, g) => {
      const [sn, , sy, sx] = value.strides;
      copy(
        arena.f,
        { at: columns.at, shape: [N, Ho, Wo, kh, kw, I], strides: contiguous([N, Ho, Wo, kh, kw, I]) },
        {
          at: value.at + g * (C / groups),
          shape: [],
          strides: [sn, sy * stride[0], sx * stride[1], sy * dilation[0], sx * dilation[1], 1],
        },
      );
      const made = product(arena, columns, pack, slope);
      const shape = [N * Ho * Wo, per];
      copy(arena.f, { at: out.at + g * per, shape, strides: [O, 1] }, { at: made.at, shape, strides: [per, 1] });
    });
    return out;
  };
}

/**
 * One axis of a transposed convolution, phase by phase: output s * m + phase is a convolution with every s-th tap.
 * `from` is the first input of output 0 (may be negative); `even` says whether its taps meet neighbouring inputs.
 */
function phases(kernel, stride, padding, dilation, outputs) {
  return Array.from({ length: stride }, (_, phase) => {
    const found = [];
    for (let tap = 0; tap < kernel; tap++) {
      const distance = phase + padding - tap * dilation;
      if (((distance % stride) + stride) % stride === 0) found.push({ tap, from: distance / stride });
    }
    found.sort((a, b) => a.from - b.from);
    return {
      taps: found.map(({ tap }) => tap),
      from: found[0]?.from ?? 0,
      even: found.every(({ from }, k) => from === found[0].from + k),
      count: Math.max(0, Math.ceil((outputs - phase) / stride)),
    };
  });
}

/**
 * A transposed convolution of x (N,I,H,W) with weight (I,O/groups,kh,kw): one convolution for each phase of its stride.
 * @param {Arena} arena
 * @param {any} operation
 * @param {[Value, Value?]} weights
 */
export function transposedConv(arena, operation, [weight, bias]) {
  const { stride, padding, dilation, groups, slope = 1 } = operation;
  const [I, per, kh, kw] = weight.shape;
  const O = per * groups;
  const [height, width] = operation.shape.slice(2);
  const rowsOf = phases(kh, stride[0], padding[0], dilation[0], height);
  const columnsOf = phases(kw, stride[1], padding[1], dilation[1], width);
  if (groups > 1 || [...rowsOf, ...columnsOf].some(({ even }) => !even)) {
    throw new RangeError("a transposed convolution in groups or with gaps");
  }
  const { factors, shifts } = affine(arena, O, operation, bias);
  const [si, so, sy, sx] = weight.strides;
  const row = (o, taps) => ({ from: weight.at + o * so, taps, factor: factors[o] });
  const together = O * stride[0] * stride[1] <= FEW;
  const reach = (axis, n) => [
    Math.max(0, ...axis.map(({ from }) => -from)),
    Math.max(0, ...axis.map(({ from, taps, count }) => count - 1 + from + taps.length - n)),
  ];
  const convolutions = together ? [whole()] : rowsOf.flatMap((r, a) => columnsOf.map((c, b) => phase(r, c, a, b)));

  function phase(r, c, a, b) {
    const taps = tapsOf(
      I,
      si,
      r.taps.map((tap) => tap * sy),
      c.taps.map((tap) => tap * sx),
    );
    const pack = packed(arena, O, (o) => row(o, taps), shifts);
    return {
      pack,
      y: r.from,
      x: c.from,
      kh: c.taps.length && r.taps.length,
      kw: c.taps.length,
      rows: r.count,
      columns: c.count,
      a,
      b,
    };
  }

  /** All phases at once: the channels of one convolution are (phase, phase, output). */
  function whole() {
    const [y, x] = [rowsOf, columnsOf].map((axis) => Math.min(...axis.map(({ from }) => from)));
    const [ny, nx] = [rowsOf, columnsOf].map(
      (axis, k) => Math.max(...axis.map(({ from, taps }) => from + taps.length)) - [y, x][k],
    );
    const along = ({ taps, from }, start, n, step) =>
      Array.from({ length: n }, (_, k) => (taps[k - (from - start)] ?? -1) * step);
    const taps = rowsOf.map((r) => columnsOf.map((c) => tapsOf(I, si, along(r, y, ny, sy), along(c, x, nx, sx))));
    const place = (channel) => {
      const [o, b, a] = [channel % O, Math.floor(channel / O) % stride[1], Math.floor(channel / O / stride[1])];
      return row(o, taps[a][b]);
    };
    const many = O * stride[0] * stride[1];
    const repeated = Float32Array.from({ length: many }, (_, channel) => shifts[channel % O]);
    const pack = packed(arena, many, place, repeated);
    return { pack, y, x, kh: ny, kw: nx, rows: rowsOf[0].count, columns: columnsOf[0].count, a: 0, b: 0 };
  }

  return ([x]) => {
    const [N, , H, W] = x.shape;
    const edges = together
      ? convolutions.flatMap(({ y, x: left, kh: tall, kw: wide, rows, columns }) => [
          Math.max(0, -y),
          Math.max(0, rows - 1 + y + tall - H),
          Math.max(0, -left),
          Math.max(0, columns - 1 + left + wide - W),
        ])
      : [...reach(rowsOf, H), ...reach(columnsOf, W)];
    const source = bordered(arena, x, edges);
    const out = arena.value([N, O, height, width], true);
    const line = source.width * I;
    for (const { pack, y, x: left, kh: tall, kw: wide, rows, columns, a, b } of convolutions) {
      const target = together ? arena.value([N, pack.channels, rows, columns], true) : out;
      const pixel = together ? pack.channels : stride[1] * O;
      const row = together ? pack.channels * columns : stride[0] * width * O;
      const picture = together ? rows * row : height * width * O;
      const start = (edges[0] + y) * line + (edges[2] + left) * I;
      for (let n = 0; n < N; n++) {
        arena.kernel.multiply(
          (source.value.at + n * source.height * line + start) * BYTES,
          I * BYTES,
          line * BYTES,
          line * BYTES,
          pack.at * BYTES,
          tall,
          wide * I,
          pack.bias * BYTES,
          slope,
          (target.at + n * picture + (a * width + b) * O) * BYTES,
          pixel * BYTES,
          row * BYTES,
          columns,
          rows,
          pack.channels,
        );
      }
      if (together) lay(target, out, N, rows, columns);
    }
    return out;
  };

  /** The channels (phase, phase, output) of each pixel as neighbouring pixels. */
  function lay(from, to, N, rows, columns) {
    const [down, across] = stride;
    for (let a = 0; a < down; a++) {
      for (let b = 0; b < across; b++) {
        const shape = [N, Math.min(rows, rowsOf[a].count), Math.min(columns, columnsOf[b].count), O];
        const many = O * down * across;
        copy(
          arena.f,
          {
            at: to.at + (a * width + b) * O,
            shape,
            strides: [height * width * O, down * width * O, across * O, 1],
          },
          {
            at: from.at + (a * across + b) * O,
            shape,
            strides: [rows * columns * many, columns * many, many, 1],
          },
        );
      }
    }
  }
}
