// Draws on canvases: pictures pixel for pixel, points as a net, and z as a row of bars.

import { colour } from "./colours.js";

const NET = 640; // pixels a side of a drawn net

/** Pictures of an answer {pixels, n, h, w, c} as a sheet; `first` and `count` choose some. */
export function drawSheet(canvas, answer, first, count, columns, gap) {
  const { h, w } = answer;
  const rows = Math.ceil(count / columns);
  resize(canvas, columns * (w + gap) - gap, rows * (h + gap) - gap);
  const sheet = new ImageData(canvas.width, canvas.height);
  for (let k = 0; k < count; k++) {
    lay(sheet, answer, first + k, (k % columns) * (w + gap), Math.floor(k / columns) * (h + gap));
  }
  canvas.getContext("2d").putImageData(sheet, 0, 0);
}

/** Picture k of an answer in a sheet without gaps, where the rest stays as it is. */
export function drawCell(canvas, answer, k, column, row) {
  const cell = new ImageData(answer.w, answer.h);
  lay(cell, answer, k, 0, 0);
  canvas.getContext("2d").putImageData(cell, column * answer.w, row * answer.h);
}

/** Picture k of an answer into a sheet, its corner at these pixels. */
function lay(sheet, { pixels, h, w, c }, k, left, top) {
  for (let y = 0; y < h; y++) {
    let from = (k * h + y) * w * c;
    let to = ((top + y) * sheet.width + left) * 4;
    for (let x = 0; x < w; x++, from += c, to += 4) {
      sheet.data[to] = pixels[from];
      sheet.data[to + 1] = pixels[from + (c > 1 ? 1 : 0)];
      sheet.data[to + 2] = pixels[from + (c > 1 ? 2 : 0)];
      sheet.data[to + 3] = 255;
    }
  }
}

/**
 * A net of side x side points in the square of ±reach, stronger where `weights` are high, and one dot.
 * `under` is a picture of the same square to lie below.
 * @param {HTMLCanvasElement} canvas
 * @param {{points: ArrayLike<number>[], weights: number[], side: number, dot: ArrayLike<number>, reach: number,
 *   palette: {text: string, fake: string}, under?: CanvasImageSource | null}} net
 */
export function drawNet(canvas, { points, weights, side, dot, reach, palette, under }) {
  resize(canvas, NET, NET);
  const pen = canvas.getContext("2d");
  /** @returns {[number, number]} */
  const place = (point) => [(NET / 2) * (1 + point[0] / reach), (NET / 2) * (1 - (point[1] ?? 0) / reach)];
  pen.clearRect(0, 0, NET, NET);
  if (under) pen.drawImage(under, 0, 0, NET, NET);
  pen.strokeStyle = pen.fillStyle = palette.fake;
  pen.lineWidth = 2;
  const line = (a, b) => {
    pen.globalAlpha = 0.08 + 0.85 * Math.min(weights[a], weights[b]);
    pen.beginPath();
    pen.moveTo(...place(points[a]));
    pen.lineTo(...place(points[b]));
    pen.stroke();
  };
  points.forEach((point, k) => {
    if ((k + 1) % side) line(k, k + 1);
    if (k + side < points.length) line(k, k + side);
    disc(pen, place(point), 1.5 + 3.5 * weights[k], 0.35 + 0.65 * weights[k]);
  });
  pen.fillStyle = palette.text;
  disc(pen, place(dot), 13, 1);
  pen.fillStyle = palette.fake;
  disc(pen, place(dot), 9, 1);
}

/** The ink of a picture: what is white on it becomes clear. Null when it cannot be had. */
export async function inkOf(url) {
  const picture = new Image();
  picture.src = url;
  try {
    await picture.decode();
  } catch {
    return null;
  }
  const sheet = document.createElement("canvas");
  resize(sheet, picture.naturalWidth, picture.naturalHeight);
  const pen = sheet.getContext("2d");
  pen.drawImage(picture, 0, 0);
  const ink = pen.getImageData(0, 0, sheet.width, sheet.height);
  for (let k = 0; k < ink.data.length; k += 4) {
    ink.data[k + 3] = 255 - Math.min(ink.data[k], ink.data[k + 1], ink.data[k + 2]);
  }
  pen.putImageData(ink, 0, 0);
  return sheet;
}

/** Every number of z as a bar from the middle; those from first to last, which have sliders, stronger. */
export function drawBars(canvas, z, reach, [first, last], pinned, palette) {
  const [wide, high] = [canvas.clientWidth, canvas.clientHeight].map((side) => Math.round(side * devicePixelRatio));
  if (!wide) return;
  resize(canvas, wide, high);
  const pen = canvas.getContext("2d");
  const step = wide / z.length;
  pen.clearRect(0, 0, wide, high);
  pen.fillStyle = palette.text;
  pen.globalAlpha = 0.08;
  pen.fillRect(first * step, 0, (last - first) * step, high);
  z.forEach((value, i) => {
    const tall = (Math.max(-reach, Math.min(reach, value)) / reach) * (high / 2);
    pen.globalAlpha = i >= first && i < last ? 1 : 0.45;
    pen.fillStyle = pinned.has(i) ? palette.accent : palette.text;
    pen.fillRect((i + 0.15) * step, high / 2 - Math.max(tall, 0), 0.7 * step, Math.max(1, Math.abs(tall)));
  });
  pen.globalAlpha = 1;
}

/** The colours of drawings in the mode of an element. */
export function colours(element) {
  return { text: colour(element, "ink"), fake: colour(element, "fake"), accent: colour(element, "accent") };
}

function disc(pen, [x, y], radius, alpha) {
  pen.globalAlpha = alpha;
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  pen.fill();
  pen.globalAlpha = 1;
}

/** Makes a canvas that large; it is empty then if it was not before. */
export function resize(canvas, width, height) {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
}
