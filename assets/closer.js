// Two closer looks at the sample: the training image that is nearest to it, and where D would have it changed.
import { drawSheet } from "./canvases.js";
import { h, number } from "./dom.js";
import { percent } from "./opinion.js";

const REST = 450; // ms more than a reading waits
const AGAIN = 700; // ms between two looks at a job that is under way
const BRIGHTER = [230, 159, 0]; // G's colour: what G is told
const DARKER = [86, 180, 233];

export class Closer {
  constructor(explorer) {
    this.explorer = explorer;
    this.near = toggle("Nearest training image", "near", () => this.turn());
    this.told = toggle("Where G is told to change", "gradient", () => this.turn());
    this.buttons = h("div", { class: "actions closer" }, this.near, this.told);
    this.picture = h("canvas", { width: 28, height: 28, role: "img", "aria-label": "The nearest training image" });
    this.caption = h("figcaption", { role: "status" });
    this.element = h("div", { class: "near", hidden: true, "data-part": "nearest" }, this.picture, this.caption);
    this.key = h("p", { class: "key", hidden: true, "data-part": "gradient-key" });
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
    if (this.explorer.answer) this.rested(this.explorer.answer);
  }

  /** The sample moves: the overlay is not of it any more. */
  stir() {
    this.hide();
  }

  hide() {
    this.explorer.overlay.hidden = true;
    this.element.classList.add("stale");
  }

  rested(answer) {
    clearTimeout(this.timer);
    if (on(this.told)) this.change(answer);
    if (on(this.near)) this.timer = setTimeout(() => this.nearest(answer), REST);
  }

  async change(answer) {
    const found = await this.ask("gradient", answer);
    if (!this.current(answer) || !on(this.told)) return;
    this.explain(found.ok ? "" : ((await found.json()).error ?? "The server does not answer."));
    if (!found.ok) return;
    const { h: high, w, c } = answer;
    overlay(this.explorer.overlay, new Int8Array(await found.arrayBuffer()), answer.pixels, high, w, c);
    this.explorer.overlay.hidden = false;
  }

  async nearest(answer) {
    const found = await this.ask("nearest", answer);
    const told = await found.json().catch(() => ({ error: "The server does not answer." }));
    if (!this.current(answer) || !on(this.near)) return;
    if (found.status === 202 || found.status === 503) {
      this.caption.textContent = found.status === 202 ? `${told.text} ${percent(told.done)}` : told.error;
      this.timer = setTimeout(() => this.nearest(answer), AGAIN);
      return;
    }
    this.picture.hidden = !found.ok;
    if (!found.ok) return void (this.caption.textContent = told.error);
    const pixels = Uint8Array.from(atob(told.pixels), (letter) => letter.charCodeAt(0));
    drawSheet(this.picture, { ...answer, pixels }, 0, 1, 1, 0);
    this.element.classList.remove("stale");
    const label = Number.isInteger(told.label) ? `, a ${this.explorer.studio.data.names[told.label] ?? told.label}` : "";
    this.caption.textContent = `Nearest of ${number(told.of)} training images: number ${number(told.index)}${label}`;
  }

  async ask(route, { pixels, h: high, w, c }) {
    const { studio } = this.explorer;
    const url = `/api/models/${studio.model()}/${route}?user=${studio.user}`;
    const none = new Response("{}", { status: 504 });
    return fetch(url, { method: "POST", body: pixels.slice(0, high * w * c) }).catch(() => none);
  }

  current(answer) {
    return this.explorer.answer === answer && !this.explorer.gone;
  }

  destroy() {
    clearTimeout(this.timer);
  }
}

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
  made.onclick = () => (made.setAttribute("aria-pressed", !on(made)), turned());
  return made;
}

const on = (button) => button.getAttribute("aria-pressed") === "true";
