// Raw z: all its numbers as bars to draw on, some of them as sliders, and the whole as text to copy or to paste.
import { colours, drawBars } from "../base/canvas.js";
import { focusedIn, h } from "../base/dom.js";
import { fromText } from "../base/latent.js";
import { onDrag } from "../base/pointer.js";
import { Sliders } from "./sliders.js";
import { REACH } from "./latent-state.js";

export class ZBars {
  constructor(explorer, many) {
    const { z_dim, linked } = explorer.context.data;
    this.explorer = explorer;
    this.many = many;
    this.first = 0;
    this.bars = h("canvas", { role: "img", "aria-label": "All numbers of z as bars", "data-part": "bars" });
    this.sliders = new Sliders(REACH, (i, value) => explorer.set(Number(i), value));
    this.sliders.element.dataset.part = "raw-sliders";
    this.pager = this.turner(z_dim);
    const caption = h("figcaption", {}, `z: ${z_dim} random numbers; draw on them`);
    const all = h("figure", { class: "explore-all", hidden: z_dim <= many }, this.bars, caption);
    this.element = h("div", { class: "explore-raw" }, all, this.pager, this.sliders.element);
    if (linked) this.element.append(this.writing(z_dim));
    onDrag(this.bars, (x, y) => explorer.set(Math.floor(x * z_dim), REACH * (1 - 2 * y)));
    this.resized = new ResizeObserver(() => this.draw());
    this.resized.observe(this.bars);
  }

  turner(z_dim) {
    const button = (sign, title, by) => {
      const made = h("button", { type: "button", "aria-label": title }, sign);
      made.onclick = () => ((this.first = Math.max(0, Math.min(z_dim - 1, this.first + by))), this.fill());
      return made;
    };
    this.back = button("‹", "Earlier numbers of z", -this.many);
    this.on = button("›", "Later numbers of z", this.many);
    this.page = h("span");
    const hidden = z_dim <= this.many || !this.explorer.context.data.linked;
    return h("div", { class: "explore-pager", hidden }, h("strong", {}, "Numbers of z"), this.back, this.page, this.on);
  }

  writing(z_dim) {
    this.text = h("textarea", { rows: 3, spellcheck: "false", "data-part": "raw-text", "aria-label": "z as text" });
    this.wrong = h("p", { class: "explore-missing", role: "alert", hidden: true });
    this.text.onchange = () => this.take();
    this.text.onkeydown = (event) => {
      if (event.key !== "Enter" || event.shiftKey) return;
      event.preventDefault();
      this.take();
    };
    const words = `${z_dim} numbers, or the z of a link; press Enter to go`;
    return h("label", { class: "explore-typed" }, h("span", {}, words), this.text, this.wrong);
  }

  /** Goes to the z that was typed or pasted. */
  take() {
    const { explorer, text, wrong } = this;
    const { z_dim } = explorer.context.data;
    if (text.value === this.told) return;
    const { z, why } = parse(text.value, z_dim);
    wrong.hidden = !why;
    wrong.textContent = why ?? "";
    if (z) explorer.go(z);
  }

  fill() {
    const { first, many } = this;
    const { z_dim } = this.explorer.context.data;
    const z = this.explorer.latent.z().subarray(0, z_dim);
    const last = Math.min(z_dim, first + many);
    this.page.textContent = `${first + 1}–${last} of ${z_dim}`;
    this.back.disabled = first === 0;
    this.on.disabled = last === z_dim;
    const row = (i) => ({ name: String(i), title: `z${i + 1}`, value: z[i], set: this.explorer.latent.held.has(i) });
    this.sliders.fill(Array.from({ length: last - first }, (_, k) => row(first + k)));
    if (this.text && focusedIn(this.text) !== this.text) {
      this.told = this.text.value = [...z].map((value) => value.toFixed(3)).join(" ");
      this.wrong.hidden = true;
    }
    this.draw();
  }

  draw() {
    const { latent } = this.explorer;
    drawBars(
      this.bars,
      latent.z().subarray(0, latent.z_dim),
      REACH,
      [this.first, this.first + this.many],
      latent.held,
      colours(this.bars),
    );
  }

  destroy() {
    this.resized.disconnect();
  }
}

/** The z of a text, {z}: so many numbers, the z of a link, or a whole link; else {why}. */
export function parse(text, length) {
  const linked = text.match(/[?&]z=([\w-]+)/)?.[1] ?? text.trim();
  const found = fromText(linked, length);
  if (found) return { z: found };
  const words = text.split(/[\s,;[\]()]+/).filter(Boolean);
  const numbers = words.map(Number);
  const odd = words.find((_, k) => !Number.isFinite(numbers[k]));
  if (odd !== undefined) return { why: `“${odd.slice(0, 20)}” is not a number.` };
  if (numbers.length !== length) return { why: `z has ${length} numbers; these are ${numbers.length}.` };
  if (numbers.some((value) => Math.abs(value) > 20)) return { why: "Every number must lie between −20 and 20." };
  return { z: Float32Array.from(numbers) };
}
