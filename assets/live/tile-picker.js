// Picking one picture of a grid, by pointer or with arrow keys and Enter.

import { h } from "../base/dom.js";

const GAP = 2; // pixels between two pictures, as gan/images.py lays them out

/** @typedef {{columns: number, rows: number, pitch: number, side: number}} Layout in pixels of the picture */

/** What is picked in the grid on `image`, inside the button `button`. Nothing can be while `columns` is 0. */
export class TilePicker {
  /**
   * @param {HTMLButtonElement} button
   * @param {HTMLImageElement} image
   * @param {(place: number) => void} onpick hears the place of the picture, row by row from 0
   */
  constructor(button, image, onpick) {
    this.button = button;
    this.image = image;
    this.onpick = onpick;
    this.columns = 0;
    this.name = "";
    this.at = null;
    /** @type {number[] | null} which picture stands at each place; null: as they lie */
    this.order = null;
    /** @type {(place: number) => string} */
    this.says = () => ""; // what there is to say of the picture at a place
    this.onpoint = (/** @type {number | null} */ place) => void place;
    this.cursor = h("i", { class: "live-cursor", hidden: true });
    button.append(this.cursor);
    button.addEventListener("pointermove", (event) => this.point(this.under(event)));
    button.addEventListener("pointerleave", () => this.point(null));
    button.addEventListener("blur", () => this.point(null));
    button.addEventListener("keydown", (event) => this.key(event));
    button.addEventListener("click", (event) => {
      const k = event.detail ? this.under(event) : (this.at ?? 0); // 0: by keyboard
      if (this.layout && k !== null) this.onpick(k);
    });
  }

  /** What the grid is called, and how many columns it has. */
  show(name, columns) {
    this.columns = columns;
    this.name = name;
    this.label();
  }

  label() {
    const { layout, at, name } = this;
    if (!this.columns) return this.button.setAttribute("aria-label", `Show ${name} large`);
    const said = at === null ? "" : this.says(at);
    const picture = `: picture ${1 + this.picture(at ?? 0)} of ${layout ? layout.rows * layout.columns : 0}`;
    const where = at === null || !layout ? "" : `${picture}${said && `, ${said}`}`;
    this.button.setAttribute("aria-label", `${name}${where}. Arrow keys choose a picture, Enter opens it.`);
  }

  /** How the grid lies in its picture, in pixels of that; null while there is none. */
  get layout() {
    const { naturalWidth: wide, naturalHeight: high } = this.image;
    return this.columns && wide ? layoutOf(wide, high, this.columns) : null;
  }

  under({ clientX, clientY }) {
    const { layout } = this;
    if (!layout) return null;
    const { left, top, width } = this.image.getBoundingClientRect();
    const scale = width / this.image.naturalWidth;
    const [column, row] = [(clientX - left) / scale, (clientY - top) / scale].map((at) =>
      Math.floor(at / layout.pitch),
    );
    const inside = column >= 0 && row >= 0 && column < layout.columns && row < layout.rows;
    return inside ? row * layout.columns + column : null;
  }

  key(event) {
    const { layout } = this;
    const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -this.columns, ArrowDown: this.columns }[event.key];
    if (!by || !layout) return;
    event.preventDefault();
    this.point(stepped(this.at, by, layout.rows * layout.columns));
  }

  /** Outlines picture k; null none. */
  point(k) {
    const { layout, cursor, image } = this;
    if (k === this.at) return;
    this.at = k;
    cursor.hidden = k === null || !layout;
    this.label();
    this.onpoint(cursor.hidden ? null : k);
    if (cursor.hidden) return;
    const [frame, box] = [this.button, image].map((element) => element.getBoundingClientRect());
    const scale = box.width / image.naturalWidth;
    const [row, column] = [Math.floor(k / layout.columns), k % layout.columns];
    Object.assign(cursor.style, {
      left: `${box.left - frame.left + scale * column * layout.pitch}px`,
      top: `${box.top - frame.top + scale * row * layout.pitch}px`,
      width: `${scale * layout.side}px`,
      height: `${scale * layout.side}px`,
    });
  }

  /** The number of the picture at a place. */
  picture(place) {
    return this.order?.[place] ?? place;
  }

  /** Picture k as its pixels. */
  pixels(k) {
    const { layout, image } = this;
    const { side, pitch, columns } = layout;
    const sheet = h("canvas", { width: side, height: side });
    const pen = sheet.getContext("2d");
    pen.drawImage(image, (k % columns) * pitch, Math.floor(k / columns) * pitch, side, side, 0, 0, side, side);
    return pen.getImageData(0, 0, side, side);
  }
}

/**
 * Where the pictures of a grid of so many columns lie: `side` is that of one, `pitch` from one to the next.
 * @returns {Layout}
 */
export function layoutOf(wide, high, columns) {
  const pitch = (wide + GAP) / columns;
  return { columns, rows: Math.round((high + GAP) / pitch), pitch, side: pitch - GAP };
}

/** Where a step by `by` leads among `count` pictures: nowhere beyond an end; the first one from null. */
export function stepped(at, by, count) {
  if (at === null) return 0;
  return at + by >= 0 && at + by < count ? at + by : at;
}
