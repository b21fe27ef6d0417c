// Draw a picture, or bring one, and see what a run that makes pictures from pictures makes of it, while you draw.
import { ask, Newest, pictures } from "../base/http.js";
import { drawSheet } from "../base/canvas.js";
import { h, number } from "../base/dom.js";
import { mounting } from "../base/mount.js";
import { inversion } from "../draw/inversion.js";
import { Sketch } from "../draw/sketch.js";

const APART = 60; // ms between two questions about the drawing
const MOST = 8 * 2 ** 20; // bytes of a file
const KINDS = "image/png,image/jpeg,image/gif,image/bmp,image/webp";
const PEN = 0.085; // its width as a share of the sheet
const WIDTHS = { none: 0.06, shrink: PEN, tiny: PEN, hole: PEN, noise: PEN, blur: PEN, outline: PEN, grey: PEN }; // thin first
const WORDS = {
  none: ["Draw a digit", "Translated by G"],
  shrink: ["Draw a digit", "Restored by G"],
  tiny: ["Draw a digit", "Restored by G"],
  noise: ["Draw a digit", "Restored by G"],
  blur: ["Draw a digit", "Restored by G"],
  outline: ["Draw a digit", "Filled in by G"],
  grey: ["Draw a digit", "Coloured by G"],
  hole: ["Draw a digit, erase a part", "Filled in by G"],
};
const ANSWERS = 4; // shown at once where a run has several
const BACK_WIDTH = 0.14; // of the pen for the other way: thick
const ops = []; // the drawing outlives the view

class Translate {
  constructor(root) {
    this.sketch = new Sketch(ops, () => (this.forget(), this.changed()));
    this.invitation = h("b");
    this.tools = [
      ["pen", "Pen"],
      ["eraser", "Eraser"],
      ["hide", "Mask"],
    ].map(([tool, text]) => button(text, { "data-tool": tool }, () => this.take(tool)));
    this.file = h("input", { type: "file", accept: KINDS, hidden: true });
    this.file.addEventListener("change", () => (this.upload(this.file.files[0]), (this.file.value = "")));
    this.time = h("input", { type: "range", min: 0, step: 1, "aria-label": "Training step", "data-part": "time" });
    this.time.addEventListener("input", () => this.asker.ask());
    this.moment = h("output", { "aria-live": "off" });
    this.message = h("p", { class: "translate-message", role: "status", hidden: true });
    this.source = h("canvas", { role: "img", width: 1, height: 1, "data-part": "source" });
    this.result = h("canvas", { role: "img", width: 1, height: 1, "data-part": "result" });
    this.made = h("b");
    this.others = button("Other answers", { "data-part": "others" }, () => ((this.seed += 1), this.asker.ask()));
    this.seed = 0;
    this.way = button("The other way", { "data-part": "way", "aria-pressed": "false" }, () => this.turn());
    this.found = h("canvas", { role: "img", width: 1, height: 1, "data-part": "found" });
    this.whose = h("b");
    this.go = button("Search", { "data-part": "search" }, () => this.search());
    this.searched = h("figure", {}, h("figcaption", {}, this.whose), this.found, h("div", {}, this.go));
    this.undoing = [button("Undo", {}, () => this.sketch.undo()), button("Clear", {}, () => this.sketch.clear())];
    const rest = [...this.undoing, button("Upload", {}, () => this.file.click())];
    this.empty = h(
      "div",
      { class: "draw-invitation", "aria-hidden": "true" },
      h("span", {}, "with mouse, pen or finger"),
    );
    const parts = [this.sketch.element, this.empty];
    const sheet = h("div", { class: "draw-sheet", "data-task": "inpaint", "data-part": "sheet" }, ...parts);
    this.element = h(
      "section",
      { class: "translate", "aria-label": "Translate a drawing" },
      h("figure", {}, h("figcaption", {}, this.invitation), h("div", { class: "draw translate-pad" }, sheet)),
      h("figure", {}, h("figcaption", {}, h("b", {}, "What G is given")), this.source),
      h("figure", {}, h("figcaption", {}, this.made), this.result),
      this.searched,
      h(
        "div",
        { class: "translate-tools", role: "toolbar", "aria-label": "Tools" },
        ...this.tools,
        ...rest,
        this.others,
        this.way,
        this.file,
      ),
      h("label", { class: "translate-time" }, "Training step", this.time, this.moment),
      this.message,
    );
    root.append(this.element);
    this.asker = new Newest({
      question: () => this.question(),
      answered: (answer) => this.paint(answer),
      told: (sentence) => this.tell(sentence),
      apart: APART,
    });
    this.take("pen");
  }

  /** data: {id, shape, degradation, steps, both_ways, several, searched} of ui/shared/translator.py. */
  show(data) {
    const other = data.id !== this.data?.id;
    this.data = data;
    const [invitation, made] = WORDS[data.degradation] ?? WORDS.none;
    this.invitation.textContent = invitation;
    this.made.textContent = data.several ? `${made}: ${ANSWERS} answers` : made;
    this.others.hidden = !data.several;
    this.searched.hidden = !data.searched;
    this.whose.textContent = data.searched ? `Searched in the z of ${data.searched.name}` : "";
    this.tools.at(-1).hidden = data.degradation !== "hole";
    this.time.max = String(data.steps.length); // the last place is the newest generator
    if (other) {
      this.time.value = this.time.max;
      this.way.setAttribute("aria-pressed", "false");
      this.way.hidden = !data.both_ways;
      this.forget();
      this.measure();
      this.sketch.shape(data.shape);
    }
    this.changed();
  }

  changed() {
    const { empty, hides } = this.sketch;
    this.empty.hidden = !empty;
    this.element.dataset.empty = String(empty);
    this.undoing[0].disabled = !ops.length;
    this.undoing[1].disabled = empty && !hides;
    this.asker.ask();
  }

  get back() {
    return this.way.getAttribute("aria-pressed") === "true";
  }

  turn() {
    this.way.setAttribute("aria-pressed", String(!this.back));
    this.measure();
    this.asker.ask();
  }

  /** The pen for the sources of this way. */
  measure() {
    this.sketch.width = this.back ? BACK_WIDTH : (WIDTHS[this.data.degradation] ?? WIDTHS.none);
  }

  /** The generator that the slider stands at, ID or ID@STEP. */
  model() {
    const step = this.data.steps[Number(this.time.value)];
    return step === undefined ? this.data.id : `${this.data.id}@${step}`;
  }

  question() {
    if (!this.data || this.sketch.empty) return null;
    const known = this.sketch.mask();
    const pixels = this.sketch.pixels();
    const body = new Uint8Array(pixels.length + known.length);
    body.set(pixels);
    body.set(
      known.map((seen) => (seen ? 0 : 255)),
      pixels.length,
    );
    const answers = `answers=${this.data.several ? ANSWERS : 1}&seed=${this.seed}`;
    return { url: `/api/models/${this.model()}/translation?way=${this.back ? "back" : "on"}&${answers}`, body };
  }

  paint(answer) {
    drawSheet(this.source, answer, 0, 1, 1, 0);
    const made = answer.n - 1;
    drawSheet(this.result, answer, 1, made, Math.ceil(Math.sqrt(made)), made > 1 ? 1 : 0);
    this.moment.textContent = `step ${number(answer.step)}`;
    this.result.dataset.step = answer.step;
  }

  /** What was searched is no longer of this drawing. */
  forget() {
    this.underway?.abort();
    this.underway = null;
    this.go.textContent = "Search";
    Object.assign(this.found, { width: 1, height: 1 });
  }

  /** The same source, given to a generator that was trained for nothing of the kind: which of its pictures agree? */
  async search() {
    const stop = Boolean(this.underway);
    this.forget();
    if (stop || this.sketch.empty) return;
    const underway = (this.underway = new AbortController());
    const { id, task, by } = this.data.searched;
    const [target, mask] = [this.sketch.pixels(), this.sketch.mask()];
    const [C, H, W] = this.data.shape;
    const known = (i) => task === "inpaint" && mask[Math.floor(i / C)];
    this.go.textContent = "Stop";
    try {
      const query = new URLSearchParams({ task, by: String(by), restarts: String(2 * ANSWERS) });
      const body = new Blob(task === "inpaint" ? [target, mask] : [target]);
      const options = { body, signal: underway.signal, tries: 5, told: (sentence) => this.tell(sentence) };
      for await (const tick of inversion(`/api/models/${id}/inversion?${query}`, options)) {
        const pixels = new Uint8Array(ANSWERS * target.length);
        for (let k = 0; k < ANSWERS; k++)
          pixels.set(
            tick.pixels[k].map((value, i) => (known(i) ? target[i] : value)),
            k * target.length,
          );
        drawSheet(this.found, { pixels, h: H, w: W, c: C }, 0, ANSWERS, 2, 1);
        this.found.dataset.last = String(Boolean(tick.last));
      }
      this.tell("");
    } catch (error) {
      if (error.name !== "AbortError") this.tell(error.message);
    } finally {
      if (this.underway === underway) {
        this.underway = null;
        this.go.textContent = "Search";
      }
    }
  }

  take(tool) {
    this.sketch.tool = tool;
    for (const each of this.tools) each.setAttribute("aria-pressed", String(each.dataset.tool === tool));
  }

  async upload(file) {
    if (!file) return;
    if (file.size > MOST) return this.tell("At most 8 MB can be taken. Try a smaller picture.");
    const as = this.data.shape[0] === 1 ? "?as=digit" : "";
    try {
      const {
        pixels,
        h: high,
        w,
        c,
      } = await pictures(await ask(`/api/models/${this.data.id}/picture${as}`, { method: "POST", body: file }));
      this.sketch.add({ kind: "picture", pixels, h: high, w, c });
    } catch (error) {
      this.tell(error.message);
    }
  }

  tell(sentence) {
    this.message.textContent = sentence;
    this.message.hidden = !sentence;
  }

  destroy() {
    this.forget();
    this.asker.stop();
    this.element.remove();
  }
}

function button(text, attributes, act) {
  const made = h("button", { type: "button", class: "base-now", ...attributes }, text);
  made.addEventListener("click", act);
  return made;
}

export default mounting(Translate);
