// How a hand writes the ten digits: a few points of each stroke, in shares of the sheet.

const DIGITS = {
  0: [
    [
      [0.54, 0.17],
      [0.38, 0.22],
      [0.31, 0.45],
      [0.36, 0.74],
      [0.52, 0.83],
      [0.66, 0.7],
      [0.7, 0.45],
      [0.64, 0.22],
      [0.52, 0.17],
    ],
  ],
  1: [
    [
      [0.56, 0.17],
      [0.53, 0.5],
      [0.49, 0.83],
    ],
  ],
  2: [
    [
      [0.33, 0.33],
      [0.4, 0.19],
      [0.58, 0.18],
      [0.65, 0.33],
      [0.56, 0.53],
      [0.32, 0.8],
      [0.34, 0.81],
      [0.7, 0.79],
    ],
  ],
  3: [
    [
      [0.35, 0.24],
      [0.5, 0.16],
      [0.65, 0.25],
      [0.6, 0.42],
      [0.46, 0.48],
      [0.62, 0.54],
      [0.68, 0.7],
      [0.52, 0.84],
      [0.33, 0.77],
    ],
  ],
  4: [
    [
      [0.37, 0.2],
      [0.32, 0.52],
      [0.34, 0.55],
      [0.68, 0.52],
    ],
    [
      [0.63, 0.18],
      [0.6, 0.5],
      [0.58, 0.83],
    ],
  ],
  5: [
    [
      [0.66, 0.19],
      [0.41, 0.2],
      [0.4, 0.2],
      [0.37, 0.45],
      [0.38, 0.45],
      [0.6, 0.47],
      [0.67, 0.64],
      [0.55, 0.81],
      [0.34, 0.78],
    ],
  ],
  6: [
    [
      [0.6, 0.17],
      [0.42, 0.36],
      [0.35, 0.62],
      [0.46, 0.82],
      [0.64, 0.76],
      [0.63, 0.57],
      [0.48, 0.53],
      [0.38, 0.65],
    ],
  ],
  7: [
    [
      [0.32, 0.22],
      [0.66, 0.2],
      [0.67, 0.21],
      [0.56, 0.47],
      [0.46, 0.83],
    ],
  ],
  8: [
    [
      [0.63, 0.24],
      [0.47, 0.17],
      [0.37, 0.29],
      [0.5, 0.46],
      [0.65, 0.65],
      [0.54, 0.83],
      [0.37, 0.72],
      [0.46, 0.52],
      [0.62, 0.36],
      [0.62, 0.24],
    ],
  ],
  9: [
    [
      [0.64, 0.28],
      [0.5, 0.17],
      [0.36, 0.3],
      [0.44, 0.48],
      [0.6, 0.42],
      [0.65, 0.26],
      [0.64, 0.5],
      [0.56, 0.83],
    ],
  ],
};
const TREMBLE = 0.02;
const BETWEEN = 6; // points on the way from one to the next

/** The strokes of a digit, each [[x, y], …], never twice quite the same; null for what is no digit. */
export function written(name) {
  const strokes = DIGITS[name];
  if (!strokes) return null;
  const slant = 0.25 * (Math.random() - 0.5);
  const shaken = ([x, y]) => [x + slant * (0.5 - y) + tremble(), y + tremble()];
  return strokes.map((stroke) => filled(stroke.map(shaken)));
}

const tremble = () => TREMBLE * (Math.random() - 0.5);

/** More points between those of a stroke, evenly. */
function filled(points) {
  const dense = [points[0]];
  for (let k = 1; k < points.length; k++) {
    for (let i = 1; i <= BETWEEN; i++)
      dense.push([0, 1].map((c) => points[k - 1][c] + (i / BETWEEN) * (points[k][c] - points[k - 1][c])));
  }
  return dense;
}
