// Thin rings around the pictures of a grid, drawn over it: the green part of each is D's opinion of that picture.

import { h } from "../base/dom.js";
import { colour } from "../base/colours.js";

const PAD = 4; // pixels by which rings of the outermost pictures may stand out
const MAX_WIDTH = 3; // pixels of a line, which runs along the edge of its picture
const OF_GAP = 0.6; // the width of a line as a share of the gap between two pictures

/** What is drawn over the grid on `image`, inside the button `button`. */
export class Rings {
  /**
   * @param {HTMLElement} button
   * @param {HTMLImageElement} image
   */
  constructor(button, image) {
    this.button = button;
    this.image = image;
    this.sheet = h("canvas", { class: "live-rings", "aria-hidden": "true", hidden: true });
    button.append(this.sheet);
  }

  /**
   * Draws a ring for every place of a grid: `order` says which picture is to stand there, `shares` how real D takes
   * each to be, 0 to 1. Without them nothing is shown.
   * @param {import("./tile-picker.js").Layout | null} layout
   * @param {number[] | null} order null: as they lie
   * @param {number[] | null} shares
   */
  draw(layout, order, shares) {
    const { sheet, image, button } = this;
    sheet.hidden = !layout || !shares || image.hidden;
    if (sheet.hidden) return;
    const [frame, box] = [button, image].map((element) => element.getBoundingClientRect());
    const density = window.devicePixelRatio || 1;
    const scale = box.width / image.naturalWidth;
    Object.assign(sheet.style, {
      left: `${box.left - frame.left - PAD}px`,
      top: `${box.top - frame.top - PAD}px`,
      width: `${box.width + 2 * PAD}px`,
      height: `${box.height + 2 * PAD}px`,
    });
    sheet.width = Math.round((box.width + 2 * PAD) * density);
    sheet.height = Math.round((box.height + 2 * PAD) * density);
    const pen = sheet.getContext("2d");
    pen.scale(density, density);
    pen.translate(PAD, PAD);
    pen.imageSmoothingEnabled = image.style.imageRendering !== "pixelated";
    const { pitch, side, columns } = layout;
    /** @returns {[number, number]} */
    const place = (k) => [(k % columns) * pitch, Math.floor(k / columns) * pitch];
    order?.forEach((k, at) => {
      const [from, to] = [place(k), place(at)];
      pen.drawImage(image, ...from, side, side, scale * to[0], scale * to[1], scale * side, scale * side);
    });
    const wide = Math.max(1.5, Math.min(MAX_WIDTH, OF_GAP * (pitch - side) * scale));
    const [fake, real] = ["fake", "real"].map((name) => colour(button, name));
    shares.forEach((_, at) => {
      const [x, y] = place(at).map((corner) => corner * scale);
      ring(pen, x, y, side * scale, wide, shares[order?.[at] ?? at], fake, real);
    });
  }
}

/** A square ring that begins at the middle of its top edge and is `share` green, clockwise. */
function ring(pen, x, y, side, wide, share, fake, real) {
  const path = new Path2D();
  path.moveTo(x + side / 2, y);
  for (const [right, down] of [[1, 0], [1, 1], [0, 1], [0, 0]]) path.lineTo(x + right * side, y + down * side); // prettier-ignore
  path.closePath();
  pen.lineWidth = wide;
  pen.setLineDash([]);
  pen.strokeStyle = fake;
  pen.stroke(path);
  if (share <= 0) return;
  pen.strokeStyle = real;
  if (share < 1) pen.setLineDash([4 * side * share, 4 * side]);
  pen.stroke(path);
}
