// What each operation of a program computes (docs/program.md), over views of one memory.
//
// An entry of OPERATIONS gets the operation, the values that no input changes and the arena, once, and gives the
// function that computes it for operands and the shape of the result.
import { batchNorm, conv, linear, matmul, transposedConv } from "./layers.js";
import { contiguous, copy, expanded, isDense, isPlain, rows, size } from "./values.js";

/**
 * @typedef {import("./values.js").Value} Value
 * @typedef {import("./values.js").Arena} Arena
 * @typedef {(operands: any[], shape: number[]) => Value} Compute
 */

/** A new value that lies as one of the operands that have its shape, so that pictures stay channels last. */
function like(arena, shape, operands) {
  const model = operands.find(
    (value) => typeof value !== "number" && value.shape.length === shape.length && size(value.shape) === size(shape),
  );
  const made = arena.value(shape);
  return model && isDense(model) ? { ...made, strides: [...model.strides] } : made;
}

/** An operation on every number. @returns {(arena: Arena, operation: any) => Compute} */
function unary(make) {
  return (arena, operation) => {
    const of = make(operation);
    return ([x], shape) => {
      const out = like(arena, shape, [x]);
      const { f } = arena;
      rows(shape, [out, x], (o, a, count, so, sa) => {
        for (let k = 0; k < count; k++, o += so, a += sa) f[o] = of(f[a]);
      });
      return out;
    };
  };
}

/** An operation on pairs of numbers, one-sided axes repeated. @returns {(arena: Arena) => Compute} */
function binary(of) {
  return (arena) =>
    ([x, y], shape) => {
      const out = like(arena, shape, [x, y]);
      const { f } = arena;
      if (typeof x === "number" || typeof y === "number") {
        const first = typeof x === "number";
        rows(shape, [out, expanded(first ? y : x, shape)], (o, a, count, so, sa) => {
          if (first) for (let k = 0; k < count; k++, o += so, a += sa) f[o] = of(x, f[a]);
          else for (let k = 0; k < count; k++, o += so, a += sa) f[o] = of(f[a], y);
        });
        return out;
      }
      rows(shape, [out, expanded(x, shape), expanded(y, shape)], (o, a, b, count, so, sa, sb) => {
        for (let k = 0; k < count; k++, o += so, a += sa, b += sb) f[o] = of(f[a], f[b]);
      });
      return out;
    };
}

/** The same for sums, which residual blocks have at every pixel: a loop that calls nothing. */
function add(arena) {
  const other = binary((a, b) => a + b)(arena);
  return ([x, y], shape) => {
    if (typeof x === "number" || typeof y === "number") return other([x, y], shape);
    const out = like(arena, shape, [x, y]);
    const { f } = arena;
    rows(shape, [out, expanded(x, shape), expanded(y, shape)], (o, a, b, count, so, sa, sb) => {
      for (let k = 0; k < count; k++, o += so, a += sa, b += sb) f[o] = f[a] + f[b];
    });
    return out;
  };
}

/** An operation over some axes: `of(f, numbers' place, count, operation)` of the numbers of each result. */
function reduction(of) {
  return (arena, operation) => {
    const { dims } = operation;
    return ([x], shape) => {
      const axes = x.shape.map((_, k) => k);
      const order = [...axes.filter((k) => !dims.includes(k)), ...dims];
      const turned = arena.plain(permuted(x, order));
      const out = arena.value(shape);
      const count = size(dims.map((k) => x.shape[k]));
      const many = size(turned.shape) / count;
      for (let k = 0; k < many; k++) arena.f[out.at + k] = of(arena.f, turned.at + k * count, count, operation);
      return out;
    };
  };
}

function permuted({ at, shape, strides }, dims) {
  return { at, shape: dims.map((k) => shape[k]), strides: dims.map((k) => strides[k]) };
}

function mean(f, at, count) {
  let sum = 0;
  for (let k = at; k < at + count; k++) sum += f[k];
  return sum / count;
}

/** The mean of squared distances from `middle`, with so much taken from the count. */
function spread(f, at, count, middle, correction = 0) {
  let sum = 0;
  for (let k = at; k < at + count; k++) sum += (f[k] - middle) ** 2;
  return sum / (count - correction);
}

/** Normalises groups of `count` numbers that lie together, each number then times a factor and shifted. */
function normalised(arena, x, count, eps, factor, shift) {
  const out = arena.value(x.shape);
  const { f } = arena;
  for (let from = 0; from < size(x.shape); from += count) {
    const middle = mean(f, x.at + from, count);
    const scale = 1 / Math.sqrt(spread(f, x.at + from, count, middle) + eps);
    for (let k = from; k < from + count; k++) f[out.at + k] = (f[x.at + k] - middle) * scale * factor(k) + shift(k);
  }
  return out;
}

function groupNorm(arena, { groups, eps }) {
  return ([x, weight, bias]) => {
    const [, C] = x.shape;
    const pixels = size(x.shape.slice(2));
    const plain = arena.plain(x);
    const channel = (k) => Math.floor(k / pixels) % C;
    return normalised(
      arena,
      plain,
      (C / groups) * pixels,
      eps,
      (k) => (weight ? arena.f[weight.at + channel(k)] : 1),
      (k) => (bias ? arena.f[bias.at + channel(k)] : 0),
    );
  };
}

function layerNorm(arena, { axes, eps }) {
  return ([x, weight, bias]) => {
    const count = size(x.shape.slice(-axes));
    return normalised(
      arena,
      arena.plain(x),
      count,
      eps,
      (k) => (weight ? arena.f[weight.at + (k % count)] : 1),
      (k) => (bias ? arena.f[bias.at + (k % count)] : 0),
    );
  };
}

function softmax(arena, { dim }) {
  return ([x], shape) => {
    const order = [...shape.keys()].filter((k) => k !== dim).concat(dim);
    const turned = arena.plain(permuted(x, order));
    const out = arena.value(turned.shape);
    const { f } = arena;
    const n = shape[dim];
    for (let from = 0; from < size(shape); from += n) {
      let [most, sum] = [-Infinity, 0];
      for (let k = from; k < from + n; k++) most = Math.max(most, f[turned.at + k]);
      for (let k = from; k < from + n; k++) sum += f[out.at + k] = Math.exp(f[turned.at + k] - most);
      for (let k = from; k < from + n; k++) f[out.at + k] /= sum;
    }
    return permuted(
      out,
      [...shape.keys()].map((k) => order.indexOf(k)),
    );
  };
}

function reshape(arena) {
  return ([x], shape) => {
    const kept = x.shape.map((n, k) => [n, x.strides[k]]).filter(([n]) => n !== 1);
    const wanted = shape.filter((n) => n !== 1);
    if (kept.length === wanted.length && kept.every(([n], k) => n === wanted[k])) {
      let k = 0;
      return { at: x.at, shape, strides: shape.map((n) => (n === 1 ? 1 : kept[k++][1])) };
    }
    return { at: (isPlain(x) ? x : arena.plain(x)).at, shape, strides: contiguous(shape) };
  };
}

function slice(arena, { dim, start, step }) {
  return ([x], shape) => ({
    at: x.at + start * x.strides[dim],
    shape,
    strides: x.strides.map((stride, k) => (k === dim ? stride * step : stride)),
  });
}

function concat(arena, { dim }) {
  return (operands, shape) => {
    const out = arena.value(shape, shape.length === 4 && operands.every(({ strides }) => strides[1] === 1));
    let { at } = out;
    for (const value of operands) {
      copy(arena.f, { at, shape: value.shape, strides: out.strides }, value);
      at += value.shape[dim] * out.strides[dim];
    }
    return out;
  };
}

function oneHot(arena, { classes }) {
  return ([y], shape) => {
    const out = arena.value(shape);
    const { f } = arena;
    f.fill(0, out.at, out.at + size(shape));
    const labels = arena.plain(y);
    for (let k = 0; k < size(y.shape); k++) f[out.at + k * classes + f[labels.at + k]] = 1;
    return out;
  };
}

function embedding(arena) {
  return ([table, y], shape) => {
    const [out, rowwise, places] = [arena.value(shape), arena.plain(table), arena.plain(y)];
    const { f } = arena;
    const length = size(table.shape.slice(1));
    for (let k = 0; k < size(y.shape); k++) {
      const from = rowwise.at + f[places.at + k] * length;
      f.copyWithin(out.at + k * length, from, from + length);
    }
    return out;
  };
}

function gather(arena, { dim }) {
  return ([x, places], shape) => {
    const out = arena.value(shape);
    const { f } = arena;
    const base = { at: x.at, shape, strides: x.strides.map((stride, k) => (k === dim ? 0 : stride)) };
    rows(shape, [out, base, places], (o, a, p, count, so, sa, sp) => {
      for (let k = 0; k < count; k++, o += so, a += sa, p += sp) f[o] = f[a + f[p] * x.strides[dim]];
    });
    return out;
  };
}

/** Channels as neighbouring pixels (or back): both are one copy between views of six axes. */
function pixelShuffle(arena, { factor: r }) {
  return ([x], shape) => {
    const out = arena.value(shape, true);
    const [N, C, H, W] = [shape[0], shape[1], shape[2] / r, shape[3] / r];
    const [on, oc, oy, ox] = out.strides;
    const [xn, xc, xy, xx] = x.strides;
    const to = { at: out.at, shape: [N, H, r, W, r, C], strides: [on, oy * r, oy, ox * r, ox, oc] };
    copy(arena.f, to, { at: x.at, strides: [xn, xy, xc * r, xx, xc, xc * r * r] });
    return out;
  };
}

function pixelUnshuffle(arena, { factor: r }) {
  return ([x], shape) => {
    const out = arena.value(shape, true);
    const [N, , H, W] = shape;
    const [on, oc, oy, ox] = out.strides;
    const [xn, xc, xy, xx] = x.strides;
    const to = { at: out.at, shape: [N, H, r, W, r, x.shape[1]], strides: [on, oy, oc * r, ox, oc, oc * r * r] };
    copy(arena.f, to, { at: x.at, strides: [xn, xy * r, xy, xx * r, xx, xc] });
    return out;
  };
}

function nearest(arena) {
  return ([x], shape) => {
    const out = arena.value(shape, true);
    const [N, C, H, W] = x.shape;
    const [down, across] = [shape[2] / H, shape[3] / W];
    const [on, oc, oy, ox] = out.strides;
    const [xn, xc, xy, xx] = x.strides;
    const to = { at: out.at, shape: [N, H, down, W, across, C], strides: [on, oy * down, oy, ox * across, ox, oc] };
    copy(arena.f, to, { at: x.at, strides: [xn, xy, 0, xx, 0, xc] });
    return out;
  };
}

/** Where each new pixel lies between two old ones: [first, second, share of the second]. */
function between(old, wanted, corners) {
  const scale = corners ? (old - 1) / Math.max(1, wanted - 1) : old / wanted;
  return Array.from({ length: wanted }, (_, k) => {
    const place = corners ? k * scale : Math.max(0, (k + 0.5) * scale - 0.5);
    const first = Math.min(old - 1, Math.floor(place));
    return [first, Math.min(old - 1, first + 1), place - first];
  });
}

function bilinear(arena, { corners }) {
  return ([x], shape) => {
    const [from, out] = [arena.last(x), arena.value(shape, true)];
    const { f } = arena;
    const [N, C, H, W] = shape;
    const [lines, columns] = [between(x.shape[2], H, corners), between(x.shape[3], W, corners)];
    const [sn, , sy, sx] = from.strides;
    let o = out.at;
    for (let n = 0; n < N; n++) {
      for (const [y0, y1, ty] of lines) {
        for (const [x0, x1, tx] of columns) {
          const [a, b] = [from.at + n * sn + y0 * sy, from.at + n * sn + y1 * sy];
          for (let c = 0; c < C; c++, o++) {
            const above = f[a + x0 * sx + c] * (1 - tx) + f[a + x1 * sx + c] * tx;
            const below = f[b + x0 * sx + c] * (1 - tx) + f[b + x1 * sx + c] * tx;
            f[o] = above * (1 - ty) + below * ty;
          }
        }
      }
    }
    return out;
  };
}

function averagePool(arena, { kernel: [kh, kw], stride: [down, across] }) {
  return ([x], shape) => {
    const [from, out] = [arena.last(x), arena.value(shape, true)];
    const { f } = arena;
    const [N, C, H, W] = shape;
    const [sn, , sy, sx] = from.strides;
    let o = out.at;
    for (let n = 0; n < N; n++) {
      for (let y = 0; y < H; y++) {
        for (let column = 0; column < W; column++) {
          const corner = from.at + n * sn + y * down * sy + column * across * sx;
          for (let c = 0; c < C; c++, o++) {
            let sum = 0;
            for (let k = 0; k < kh * kw; k++) sum += f[corner + Math.floor(k / kw) * sy + (k % kw) * sx + c];
            f[o] = sum / (kh * kw);
          }
        }
      }
    }
    return out;
  };
}

function pad(arena, { before, value }) {
  return ([x], shape) => {
    const out = like(arena, shape, []);
    arena.f.fill(value, out.at, out.at + size(shape));
    const at = out.at + before.reduce((sum, n, k) => sum + n * out.strides[k], 0);
    copy(arena.f, { at, shape: x.shape, strides: out.strides }, x);
    return out;
  };
}

function clamp({ low = -Infinity, high = Infinity }) {
  return (x) => Math.min(high, Math.max(low, x));
}

/** The error function, to about 1e-7 (Abramowitz & Stegun 7.1.26 in more terms: W. J. Cody's fit would be longer). */
function erf(x) {
  const t = 1 / (1 + 0.5 * Math.abs(x));
  const terms = [0.17087277, -0.82215223, 1.48851587, -1.13520398, 0.27886807, -0.18628806, 0.09678418, 0.37409196];
  const sum = terms.reduce((all, term) => all * t + term, 0);
  const tail = t * Math.exp(-x * x - 1.26551223 + t * (1.00002368 + t * sum));
  return x < 0 ? tail - 1 : 1 - tail;
}

const sigmoid = (x) => 1 / (1 + Math.exp(-x));
const softplus = (x) => (x > 20 ? x : Math.log1p(Math.exp(x)));

/** @type {Record<string, (arena: Arena, operation: any, weights: any[]) => Compute>} */
export const OPERATIONS = {
  linear,
  conv,
  transposed_conv: transposedConv,
  matmul,
  batch_norm: batchNorm,
  group_norm: groupNorm,
  layer_norm: layerNorm,
  softmax,
  reshape,
  permute:
    (arena, { dims }) =>
    ([x]) =>
      permuted(x, dims),
  expand:
    () =>
    ([x], shape) =>
      expanded(x, shape),
  slice,
  concat,
  one_hot: oneHot,
  embedding,
  gather,
  pixel_shuffle: pixelShuffle,
  pixel_unshuffle: pixelUnshuffle,
  nearest,
  bilinear,
  average_pool: averagePool,
  pad,
  add,
  sub: binary((a, b) => a - b),
  mul: binary((a, b) => a * b),
  div: binary((a, b) => a / b),
  pow: binary((a, b) => a ** b),
  maximum: binary(Math.max),
  minimum: binary(Math.min),
  sum: reduction((f, at, count) => mean(f, at, count) * count),
  mean: reduction(mean),
  amax: reduction((f, at, count) => f.subarray(at, at + count).reduce((a, b) => Math.max(a, b))),
  var: reduction((f, at, count, { correction }) => spread(f, at, count, mean(f, at, count), correction)),
  relu: unary(() => (x) => (x > 0 ? x : 0)),
  leaky_relu: unary(
    ({ negative_slope: slope }) =>
      (x) =>
        x > 0 ? x : slope * x,
  ),
  tanh: unary(() => Math.tanh),
  sigmoid: unary(() => sigmoid),
  silu: unary(() => (x) => x * sigmoid(x)),
  mish: unary(() => (x) => x * Math.tanh(softplus(x))),
  elu: unary(
    ({ alpha, scale, input_scale: inner }) =>
      (x) =>
        scale * (x > 0 ? x : alpha * Math.expm1(inner * x)),
  ),
  softplus: unary(
    ({ beta, threshold }) =>
      (x) =>
        x * beta > threshold ? x : Math.log1p(Math.exp(beta * x)) / beta,
  ),
  gelu: unary(({ tanh }) =>
    tanh
      ? (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))
      : (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)),
  ),
  clamp: unary(clamp),
  exp: unary(() => Math.exp),
  log: unary(() => Math.log),
  sqrt: unary(() => Math.sqrt),
  rsqrt: unary(() => (x) => 1 / Math.sqrt(x)),
  reciprocal: unary(() => (x) => 1 / x),
  neg: unary(() => (x) => -x),
  abs: unary(() => Math.abs),
  sin: unary(() => Math.sin),
  cos: unary(() => Math.cos),
  erf: unary(() => erf),
};
