// Draws on canvases: pictures pixel for pixel, points as a net, and z as a row of bars.

/** Pictures of an answer {pixels, n, h, w, c} as a sheet; `first` and `count` choose some. */
export function drawSheet(canvas, answer, first, count, columns, gap) {
  const { pixels, h, w, c } = answer;
  const rows = Math.ceil(count / columns);
  resize(canvas, columns * (w + gap) - gap, rows * (h + gap) - gap);
  const sheet = new ImageData(canvas.width, canvas.height);
  for (let k = 0; k < count; k++) {
    const left = (k % columns) * (w + gap);
    const top = Math.floor(k / columns) * (h + gap);
    for (let y = 0; y < h; y++) {
      let from = (((first + k) * h + y) * w) * c;
      let to = ((top + y) * canvas.width + left) * 4;
      for (let x = 0; x < w; x++, from += c, to += 4) {
        sheet.data[to] = pixels[from];
        sheet.data[to + 1] = pixels[from + (c > 1 ? 1 : 0)];
        sheet.data[to + 2] = pixels[from + (c > 1 ? 2 : 0)];
        sheet.data[to + 3] = 255;
      }
    }
  }
  canvas.getContext("2d").putImageData(sheet, 0, 0);
}

/** A net of side x side points in [-reach, reach], denser lines where random z fall, and one dot. */
export function drawNet(canvas, points, weights, side, dot, colour, reach) {
  resize(canvas, 640, 640);
  const pen = canvas.getContext("2d");
  const place = ([x, y]) => [320 + (x / reach) * 300, 320 - (y / reach) * 300];
  pen.clearRect(0, 0, 640, 640);
  pen.strokeStyle = pen.fillStyle = colour.fake;
  pen.lineWidth = 2;
  const line = (a, b) => {
    pen.globalAlpha = 0.06 + 0.8 * Math.min(weights[a], weights[b]);
    pen.beginPath();
    pen.moveTo(...place(points[a]));
    pen.lineTo(...place(points[b]));
    pen.stroke();
  };
  for (let k = 0; k < points.length; k++) {
    if ((k + 1) % side) line(k, k + 1);
    if (k + side < points.length) line(k, k + side);
  }
  points.forEach((point, k) => disc(pen, place(point), 1.5 + 3.5 * weights[k], 0.35 + 0.65 * weights[k]));
  pen.fillStyle = colour.text;
  disc(pen, place(dot), 13, 1);
  pen.fillStyle = colour.fake;
  disc(pen, place(dot), 9, 1);
}

/** Every number of z as a bar from the middle; the shown ones stronger. */
export function drawBars(canvas, z, reach, first, count, pinned, colour) {
  const wide = Math.max(320, Math.round(canvas.clientWidth * devicePixelRatio));
  const high = Math.round(96 * devicePixelRatio);
  resize(canvas, wide, high);
  const pen = canvas.getContext("2d");
  const step = wide / z.length;
  pen.clearRect(0, 0, wide, high);
  pen.fillStyle = colour.text;
  pen.globalAlpha = 0.07;
  pen.fillRect(first * step, 0, count * step, high);
  z.forEach((value, i) => {
    pen.globalAlpha = i >= first && i < first + count ? 1 : 0.5;
    pen.fillStyle = pinned.has(i) ? colour.accent : colour.text;
    const tall = (Math.max(-reach, Math.min(reach, value)) / reach) * (high / 2 - 2);
    pen.fillRect(i * step + step * 0.15, high / 2 - Math.max(tall, 0), step * 0.7, Math.max(1, Math.abs(tall)));
  });
  pen.globalAlpha = 1;
}

function disc(pen, [x, y], radius, alpha) {
  pen.globalAlpha = alpha;
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  pen.fill();
  pen.globalAlpha = 1;
}

function resize(canvas, width, height) {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
}
