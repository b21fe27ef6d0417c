// Two closer looks at the sample: the training image that is nearest to it, and where D would have it changed.
import { drawSheet } from "../base/canvas.js";
import { h, hide, number } from "../base/dom.js";
import { ask, job } from "../base/http.js";

const REST = 450; // ms more than a reading waits
const BRIGHTER = [181, 165, 255]; // neither is a colour of D, G, real or generated
const DARKER = [255, 138, 120];

export class Overlays {
  constructor(explorer) {
    this.explorer = explorer;
    this.near = toggle("Nearest training image", "near", () => this.turn());
    this.told = toggle("What D would change", "gradient", () => this.turn());
    this.buttons = h("div", { class: "explore-actions closer" }, this.near, this.told);
    this.picture = h("canvas", { width: 28, height: 28, role: "img", "aria-label": "The nearest training image" });
    this.caption = h("p", { role: "status" });
    this.element = h(
      "div",
      { class: "explore-near", hidden: true, "data-part": "nearest" },
      this.picture,
      this.caption,
    );
    this.key = h("p", { class: "explore-key", hidden: true, "data-part": "gradient-key" });
    this.explain("");
  }

  /** What the colours mean, or why there are none. */
  explain(why) {
    const key = (colour, text) => h("span", {}, h("i", { style: `background: rgb(${colour})` }), text);
    const words = [key(BRIGHTER, "brighter"), key(DARKER, "darker"), "here would look more real to D"];
    this.key.replaceChildren(...(why ? [why] : words));
  }

  turn() {
    this.element.hidden = !on(this.near);
    this.key.hidden = !on(this.told);
    this.hide();
    if (this.explorer.answer) this.idle(this.explorer.answer);
  }

  /** The sample moves: the overlay is not of it any more. */
  invalidate() {
    this.underway?.abort();
    this.changing?.abort();
    this.hide();
  }

  hide() {
    hide(this.explorer.overlay, true);
    this.element.classList.add("stale");
  }

  /** @param {import("../base/http.js").Pictures} answer */
  idle(answer) {
    clearTimeout(this.timer);
    if (on(this.told)) this.change(answer);
    if (on(this.near)) this.timer = setTimeout(() => this.nearest(answer), REST);
  }

  /** Where D would have the sample changed. */
  async change(answer) {
    const { h: high, w, c } = answer;
    this.changing?.abort();
    this.changing = new AbortController();
    const { signal } = this.changing;
    let numbers;
    let why = "";
    try {
      numbers = new Int8Array(await (await ask(this.path("gradient"), { body: first(answer), signal })).arrayBuffer());
    } catch (error) {
      if (error.name === "AbortError") return;
      why = error.message;
    }
    if (!this.current(answer) || !on(this.told)) return;
    this.explain(why);
    if (why) return;
    overlay(this.explorer.overlay, numbers, answer.pixels, high, w, c);
    this.explorer.overlay.hidden = false;
  }

  /** The training image that is most like the sample. */
  async nearest(answer) {
    const current = () => this.current(answer) && on(this.near);
    const told = (sentence) => current() && (this.caption.textContent = sentence);
    this.underway?.abort();
    this.underway = new AbortController();
    try {
      const found = await job(this.path("nearest"), { body: first(answer), told, signal: this.underway.signal });
      if (!current()) return;
      const pixels = Uint8Array.from(atob(found.pixels), (letter) => letter.charCodeAt(0));
      drawSheet(this.picture, { ...answer, pixels }, 0, 1, 1, 0);
      this.picture.hidden = false;
      this.element.classList.remove("stale");
      const label = found.label ? `, class ${found.label}` : ""; // its name; "" where the data has no labels
      told(`Nearest of ${number(found.of)} training images: number ${number(found.index)}${label}`);
    } catch (error) {
      if (error.name === "AbortError" || !current()) return;
      this.picture.hidden = true;
      told(error.message);
    }
  }

  path(route) {
    const { context } = this.explorer;
    return `/api/models/${context.model()}/${route}?user=${context.user}`;
  }

  current(answer) {
    return this.explorer.answer === answer && !this.explorer.gone;
  }

  destroy() {
    this.underway?.abort();
    this.changing?.abort();
    clearTimeout(this.timer);
  }
}

/** The sample itself, the first picture of an answer. */
const first = ({ pixels, h: high, w, c }) => pixels.slice(0, high * w * c);

/** Signed numbers H,W,C as two colours, the stronger the more; none where a pixel is at its end already. */
function overlay(canvas, numbers, pixels, high, wide, channels) {
  Object.assign(canvas, { width: wide, height: high });
  const sheet = new ImageData(wide, high);
  for (let k = 0; k < wide * high; k++) {
    let share = 0;
    for (let i = k * channels; i < (k + 1) * channels; i++) {
      if (numbers[i] > 0 ? pixels[i] < 255 : pixels[i] > 0) share += numbers[i] / 127 / channels;
    }
    sheet.data.set([...(share > 0 ? BRIGHTER : DARKER), 255 * Math.min(1, 1.3 * Math.abs(share))], 4 * k);
  }
  canvas.getContext("2d").putImageData(sheet, 0, 0);
}

function toggle(title, name, turned) {
  const made = h("button", { type: "button", class: "quiet", "data-part": name, "aria-pressed": false }, title);
  made.onclick = () => (made.setAttribute("aria-pressed", String(!on(made))), turned());
  return made;
}

const on = (button) => button.getAttribute("aria-pressed") === "true";
