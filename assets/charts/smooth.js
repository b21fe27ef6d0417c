// Smoothing noisy curves.

const MANY = 160; // records from which smoothing helps

/** Over how many of `length` records to smooth, 0 for not at all; a power of two, so it seldom changes. */
export function span(length) {
  return length < MANY ? 0 : 2 ** Math.floor(Math.log2(length / 40));
}

/** The exponential mean of values with nulls between them, which stay null. */
export function smoothed(values, width) {
  const share = 2 / (width + 1);
  let mean = null;
  return values.map((value) => {
    if (value === null) return null;
    mean = mean === null ? value : mean + share * (value - mean);
    return mean;
  });
}
