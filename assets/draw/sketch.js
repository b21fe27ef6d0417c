// A sheet to draw on with mouse, pen or finger, read as the small picture that a network takes.
//
// The drawing is a list of operations in shares of the sheet. So it can be undone, outlives the element, and is drawn
// again when a network of another size takes it.
import { colour } from "../base/colours.js";
import { h } from "../base/dom.js";

const FINE = 448; // about so many pixels has a side of the sheet
const SHARE = 20 / 28; // of the sheet that a centred drawing takes, as in MNIST
const NEAR = 0.06; // of the sheet from its middle
const ALIKE = 0.22; // as a logarithm of sizes
const INK = 24; // grey from which on a pixel counts as drawn

/**
 * An operation is one of
 * {kind: "stroke", tool: "pen" | "eraser" | "hide", width, colour, points: [[x, y], …]},
 * {kind: "picture", pixels, h, w, c}, which covers all before it, {kind: "move", scale, x, y}, {kind: "clear"},
 * {kind: "whole"}: nothing is hidden.
 */
export class Sketch {
  /** `ops` is the drawing and stays the caller's; `changed()` is told of every change. */
  constructor(ops, changed) {
    this.ops = ops;
    this.changed = changed;
    this.tool = "pen";
    this.width = 0.085;
    this.colour = "white";
    this.stroke = null;
    this.paper = h("canvas", { class: "draw-sketch-paper", role: "img" });
    this.veil = h("canvas", { class: "draw-sketch-veil", "aria-hidden": "true" });
    this.element = h("div", { class: "draw-sketch" }, this.paper, this.veil);
    this.below = h("canvas"); // everything but the stroke under the pointer
    this.hidden = h("canvas"); // a pixel for a pixel of the network
    for (const [name, act] of Object.entries({ down: this.begin, move: this.go, up: this.end, cancel: this.end })) {
      this.element.addEventListener(`pointer${name}`, (event) => act.call(this, event));
    }
  }

  /** Takes the size of the pictures: [C, H, W]. */
  shape([C, H, W]) {
    const fine = Math.max(1, Math.round(FINE / Math.max(H, W)));
    this.C = C;
    this.H = H;
    this.W = W;
    this.fine = fine;
    for (const canvas of [this.paper, this.below, this.veil])
      Object.assign(canvas, { width: W * fine, height: H * fine });
    Object.assign(this.hidden, { width: W, height: H });
    this.element.style.aspectRatio = `${W} / ${H}`;
    this.again();
  }

  /** Nothing has been drawn since the last Clear. */
  get empty() {
    const since = this.ops.slice(this.ops.findLastIndex(({ kind }) => kind === "clear") + 1);
    return !since.some(({ kind, tool }) => kind === "picture" || tool === "pen");
  }

  get hides() {
    return this.mask().includes(0);
  }

  add(op) {
    this.ops.push(op);
    this.apply(op);
    this.show();
    this.changed();
  }

  undo() {
    this.ops.pop();
    this.stroke = null;
    this.again();
    this.changed();
  }

  clear() {
    if (!this.empty || this.hides) this.add({ kind: "clear" });
  }

  /** What the networks see: uint8 H*W*C, each pixel the mean of its square of the sheet. */
  pixels() {
    const { C, H, W, fine } = this;
    const sheet = pen(this.paper).getImageData(0, 0, W * fine, H * fine).data;
    const sums = new Float64Array(H * W * C);
    for (let y = 0, from = 0; y < H * fine; y++) {
      const row = Math.floor(y / fine) * W;
      for (let x = 0; x < W * fine; x++, from += 4) {
        const to = (row + Math.floor(x / fine)) * C;
        if (C === 1) sums[to] += 0.299 * sheet[from] + 0.587 * sheet[from + 1] + 0.114 * sheet[from + 2];
        else for (let c = 0; c < C; c++) sums[to + c] += sheet[from + c];
      }
    }
    return Uint8Array.from(sums, (sum) => Math.round(sum / fine ** 2));
  }

  /** uint8 H*W: 1 where the picture is known, 0 where it is hidden. */
  mask() {
    const { data } = pen(this.hidden).getImageData(0, 0, this.W, this.H);
    return Uint8Array.from({ length: this.H * this.W }, (_, k) => Number(data[4 * k + 3] < 128));
  }

  /** The move that centres the drawing as MNIST does: by its mass, its box 20 of 28 pixels. Null when it is about there. */
  centred() {
    const { C, H, W } = this;
    const pixels = this.pixels();
    const box = { left: W, right: 0, top: H, bottom: 0 };
    let [mass, mx, my] = [0, 0, 0];
    for (let k = 0; k < H * W; k++) {
      const grey = Math.max(...pixels.subarray(k * C, (k + 1) * C));
      if (grey < INK) continue;
      const [x, y] = [k % W, Math.floor(k / W)];
      Object.assign(box, { left: Math.min(box.left, x), right: Math.max(box.right, x + 1) });
      Object.assign(box, { top: Math.min(box.top, y), bottom: Math.max(box.bottom, y + 1) });
      [mass, mx, my] = [mass + grey, mx + grey * (x + 0.5), my + grey * (y + 0.5)];
    }
    if (!mass) return null;
    const scale = SHARE / Math.max((box.right - box.left) / W, (box.bottom - box.top) / H);
    const [x, y] = [mx / mass / W, my / mass / H];
    const there = Math.max(Math.abs(x - 0.5), Math.abs(y - 0.5)) < NEAR && Math.abs(Math.log(scale)) < ALIKE;
    return there ? null : { kind: "move", scale, x, y };
  }

  // -- the pointer -----------------------------------------------------------------------------------------------------

  begin(event) {
    if (!event.isPrimary || this.stroke || (event.pointerType === "mouse" && event.button)) return;
    event.preventDefault();
    this.element.setPointerCapture(event.pointerId);
    const tool = event.buttons & 32 ? "eraser" : this.tool; // the other end of a pen
    this.stroke = { kind: "stroke", tool, width: this.width, colour: this.colour, points: [] };
    this.ops.push(this.stroke);
    this.go(event);
  }

  go(event) {
    if (!this.stroke || !this.element.hasPointerCapture(event.pointerId)) return;
    const box = this.element.getBoundingClientRect();
    const passed = event.getCoalescedEvents?.() ?? [];
    for (const { clientX, clientY } of passed.length ? passed : [event]) {
      this.stroke.points.push([(clientX - box.left) / box.width, (clientY - box.top) / box.height]);
    }
    this.show();
    this.changed();
  }

  end(event) {
    if (!this.stroke || !event.isPrimary) return;
    this.settle();
  }

  /** The stroke is done. */
  settle() {
    this.stroke = null;
    this.again(); // what was drawn bit by bit has softer edges than the whole stroke
    this.changed();
  }

  /** Draws a stroke by itself, point after point, in about `ms`; at once where motion is not wanted. */
  async perform(points, ms) {
    if (this.stroke) return;
    const stroke = { kind: "stroke", tool: "pen", width: this.width, colour: this.colour, points: [points[0]] };
    this.stroke = stroke;
    this.ops.push(stroke);
    const start = performance.now();
    while (this.stroke === stroke && stroke.points.length < points.length) {
      const share = ms ? Math.min(1, (performance.now() - start) / ms) : 1;
      stroke.points = points.slice(0, Math.max(1, Math.round(share * points.length)));
      this.show();
      this.changed();
      await new Promise(requestAnimationFrame);
    }
    if (this.stroke === stroke) this.settle();
  }

  // -- drawing ---------------------------------------------------------------------------------------------------------

  /** Everything from the first operation on. */
  again() {
    const { below, hidden } = this;
    blacken(below);
    pen(hidden).clearRect(0, 0, hidden.width, hidden.height);
    this.ops.forEach((op) => this.apply(op));
    this.show();
  }

  /** One operation on what lies below. */
  apply(op) {
    const { below, hidden } = this;
    if (op.kind === "clear") blacken(below);
    if (["clear", "picture", "whole"].includes(op.kind)) pen(hidden).clearRect(0, 0, hidden.width, hidden.height);
    if (op.kind === "picture") paste(below, op);
    if (op.kind === "move") move(below, op);
    if (op.kind === "stroke") draw(op.tool === "hide" ? hidden : below, op);
  }

  /** What lies below, and the stroke under the pointer on it. */
  show() {
    const { paper, below, stroke, hidden } = this;
    pen(paper).drawImage(below, 0, 0);
    if (stroke?.tool === "hide") draw(hidden, stroke);
    else if (stroke) draw(paper, stroke);
    this.hatch();
  }

  /** Hidden pixels are hatched, whole pixels at a time, as the networks miss them. */
  hatch() {
    const { veil, fine, W } = this;
    const over = pen(veil);
    over.clearRect(0, 0, veil.width, veil.height);
    over.beginPath();
    const mask = this.mask();
    if (!mask.includes(0)) return;
    mask.forEach((known, k) => known || over.rect((k % W) * fine, Math.floor(k / W) * fine, fine, fine));
    over.save();
    over.clip();
    over.fillStyle = colour(veil, "board-hidden");
    over.fillRect(0, 0, veil.width, veil.height);
    over.strokeStyle = colour(veil, "board-hatch");
    over.lineWidth = 3;
    over.beginPath();
    for (let x = -veil.height; x < veil.width; x += 14) {
      over.moveTo(x, veil.height);
      over.lineTo(x + veil.height, 0);
    }
    over.stroke();
    over.restore();
  }
}

/** A pen that is read often. */
function pen(canvas) {
  return canvas.getContext("2d", { willReadFrequently: true });
}

function blacken(canvas) {
  const brush = pen(canvas);
  brush.fillStyle = "black";
  brush.fillRect(0, 0, canvas.width, canvas.height);
}

/** A stroke through the middles of its points, which makes a smooth line of a trembling one. */
function draw(canvas, { tool, width, colour: ink, points }) {
  const [wide, high] = [canvas.width, canvas.height];
  const brush = pen(canvas);
  const at = points.map(([x, y]) => [x * wide, y * high]);
  brush.save();
  brush.lineCap = brush.lineJoin = "round";
  brush.lineWidth = high * (tool === "pen" ? width : 1.8 * width);
  brush.strokeStyle = tool === "eraser" ? "black" : ink;
  if (tool === "pen") Object.assign(brush, { shadowColor: ink, shadowBlur: 0.3 * brush.lineWidth });
  brush.beginPath();
  brush.moveTo(...at[0]);
  for (let k = 1; k < at.length - 1; k++) {
    brush.quadraticCurveTo(...at[k], (at[k][0] + at[k + 1][0]) / 2, (at[k][1] + at[k + 1][1]) / 2);
  }
  brush.lineTo(...at.at(-1));
  brush.stroke();
  brush.restore();
}

/** A small picture over the whole sheet, pixel for pixel where its size is the network's. */
function paste(canvas, { pixels, h: high, w: wide, c }) {
  const small = h("canvas", { width: wide, height: high });
  const sheet = new ImageData(wide, high);
  for (let k = 0; k < high * wide; k++) {
    for (let i = 0; i < 3; i++) sheet.data[4 * k + i] = pixels[k * c + (c > 1 ? i : 0)];
    sheet.data[4 * k + 3] = 255;
  }
  small.getContext("2d").putImageData(sheet, 0, 0);
  const brush = pen(canvas);
  brush.imageSmoothingEnabled = canvas.width % wide > 0 || canvas.height % high > 0;
  brush.drawImage(small, 0, 0, canvas.width, canvas.height);
}

/** The point (x, y) of the sheet comes to its middle, everything `scale` times as large. */
function move(canvas, { scale, x, y }) {
  const [wide, high] = [canvas.width, canvas.height];
  const copy = h("canvas", { width: wide, height: high });
  copy.getContext("2d").drawImage(canvas, 0, 0);
  blacken(canvas);
  const brush = pen(canvas);
  brush.imageSmoothingEnabled = true;
  brush.drawImage(copy, wide * (0.5 - scale * x), high * (0.5 - scale * y), scale * wide, scale * high);
}
