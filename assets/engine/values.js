// Values: tensors as views of one memory, and loops over views of any order of axes.
//
// A view has a shape and, for each axis, the distance between neighbours (stride). Turning, cutting and repeating a
// tensor makes another view and moves no number. Pictures lie channels last, as the loops over pixels want them.

/**
 * @typedef {object} Value
 * @property {number} at where it begins in the memory, in numbers
 * @property {number[]} shape
 * @property {number[]} strides
 */

/** The memory of an engine: what is reserved before `mark` stays, what comes after is for one run. */
export class Arena {
  /** @param {import("./kernel.js").Kernel} kernel */
  constructor(kernel) {
    this.kernel = kernel;
    this.top = 32; // the first 128 bytes are scratch
    this.f = kernel.numbers();
  }

  /** Room for so many numbers, beginning at a multiple of four; and eight more, which the loops may read past the end. */
  reserve(count) {
    const at = this.top;
    this.top += (count + 11) & ~3;
    this.kernel.grow(this.top);
    this.f = this.kernel.numbers();
    return at;
  }

  /**
   * A new value. `last`: the second axis varies fastest, as in pictures.
   * @param {number[]} shape
   * @returns {Value}
   */
  value(shape, last = false) {
    return { at: this.reserve(size(shape)), shape, strides: last ? channelsLast(shape) : contiguous(shape) };
  }

  /**
   * A value with these numbers, in the order of its axes.
   * @param {number[]} shape
   * @param {ArrayLike<number>} numbers
   * @returns {Value}
   */
  hold(shape, numbers) {
    const value = this.value(shape);
    this.f.set(numbers, value.at);
    return value;
  }

  /** The same numbers in the order of the axes; itself where they lie so. */
  plain(value) {
    return isPlain(value) ? value : this.copied(value, false);
  }

  /** The same pictures (N,C,H,W) channels last; itself where they lie so. */
  last(value) {
    return lies(value, channelsLast(value.shape)) ? value : this.copied(value, true);
  }

  copied(value, last) {
    const made = this.value(value.shape, last);
    copy(this.f, made, value);
    return made;
  }
}

export function size(shape) {
  return shape.reduce((all, n) => all * n, 1);
}

export function contiguous(shape) {
  const strides = shape.map(() => 1);
  for (let k = shape.length - 2; k >= 0; k--) strides[k] = strides[k + 1] * shape[k + 1];
  return strides;
}

/** @param {number[]} shape N,C,… */
export function channelsLast([n, c, ...rest]) {
  const [first, ...others] = contiguous([n, ...rest, c]);
  return [first, 1, ...others.slice(0, -1)];
}

/** Whether the numbers lie in the order of the axes. */
export function isPlain(value) {
  return lies(value, contiguous(value.shape));
}

/** Whether the numbers lie at these distances; that of an axis of one does not matter. */
function lies({ shape, strides }, wanted) {
  return shape.every((n, k) => n === 1 || strides[k] === wanted[k]);
}

/** Whether the numbers lie without a gap, in whatever order of axes. */
export function isDense({ shape, strides }) {
  const axes = shape.map((n, k) => [strides[k], n]).filter(([, n]) => n !== 1);
  axes.sort((a, b) => a[0] - b[0]);
  let next = 1;
  for (const [stride, n] of axes) {
    if (stride !== next) return false;
    next *= n;
  }
  return true;
}

/** The view of a value in another shape, one-sided axes repeated. */
export function expanded(value, shape) {
  const more = shape.length - value.shape.length;
  const strides = shape.map((n, k) =>
    k < more || (value.shape[k - more] === 1 && n !== 1) ? 0 : value.strides[k - more],
  );
  return { at: value.at, shape, strides };
}

/**
 * Calls `row(offsets…, count, strides…)` for every row of views of one shape: the rows are as long as they can be.
 * Views are {at, strides}; the first one's order of axes is followed.
 * @param {number[]} shape
 * @param {{at: number, strides: number[]}[]} views two or three
 * @param {(...numbers: number[]) => void} row (a, b, count, sa, sb) or (a, b, c, count, sa, sb, sc)
 */
export function rows(shape, views, row) {
  let axes = shape.map((n, k) => ({ n, strides: views.map((view) => view.strides[k]) })).filter(({ n }) => n !== 1);
  axes.sort((a, b) => b.strides[0] - a.strides[0]);
  for (let k = axes.length - 2; k >= 0; k--) {
    const [outer, inner] = [axes[k], axes[k + 1]];
    if (!outer.strides.every((stride, v) => stride === inner.strides[v] * inner.n)) continue;
    axes.splice(k, 2, { n: outer.n * inner.n, strides: inner.strides });
  }
  if (!axes.length) axes = [{ n: 1, strides: views.map(() => 1) }];
  const inner = axes.pop();
  const three = views.length === 3;
  const [sa, sb, sc] = inner.strides;
  const walk = (depth, a, b, c) => {
    if (depth === axes.length) {
      if (three) row(a, b, c, inner.n, sa, sb, sc);
      else row(a, b, inner.n, sa, sb);
      return;
    }
    const { n, strides } = axes[depth];
    for (let k = 0; k < n; k++) {
      walk(depth + 1, a, b, c);
      a += strides[0];
      b += strides[1];
      c += strides[2];
    }
  };
  walk(0, views[0].at, views[1].at, three ? views[2].at : 0);
}

/** Copies one view into another of the same shape. */
export function copy(f, to, from) {
  rows(to.shape, [to, from], (a, b, count, sa, sb) => {
    if (sa === 1 && sb === 1) f.copyWithin(a, b, b + count);
    else for (let k = 0; k < count; k++, a += sa, b += sb) f[a] = f[b];
  });
}
