// The Draw tab: draw or bring a picture, see what D and EvalNet say of it, and find it in the latents.
import { ask, json, Newest, pictures } from "../base/http.js";
import { drawSheet } from "../base/canvas.js";
import { colour } from "../base/colours.js";
import { h } from "../base/dom.js";
import { generators } from "../engine/page.js";
import { Finder } from "./finder.js";
import { written } from "./digit-strokes.js";
import { anySeed, drawVectors, pack } from "../base/latent.js";
import { Sketch } from "./sketch.js";
import { style } from "../base/stylesheet.js";
import { VerdictPanel } from "../base/verdict-panel.js";

const APART = 100; // ms between two questions about the drawing
const MOST = 8 * 2 ** 20; // bytes of a file
const KINDS = "image/png,image/jpeg,image/gif,image/bmp,image/webp";
const SPEED = 650; // ms for a digit drawn by itself
const LOOK = 3000; // ms between two opinions of a D that is still trained

const kept = { ops: [], finder: {} }; // outlives the tab and the run

export default (root, context) => new Draw(root, context);

class Draw {
  constructor(root, context) {
    this.context = context;
    this.sketch = new Sketch(kept.ops, () => this.changed());
    this.verdict = new VerdictPanel();
    this.opinion = new Newest({
      question: () => this.question(),
      read: (response) => response.json(),
      answered: (reading) => this.verdict.show(reading),
      told: (sentence, status) => status !== 503 && this.tell(sentence),
      apart: APART,
      here: generators,
    });
    const restore = () => this.sketch.add({ kind: "whole" });
    this.finder = new Finder(
      context,
      kept.finder,
      () => this.source(),
      (task) => this.turn(task),
      restore,
    );
    this.element = h("div", { class: "draw" }, this.easel(), this.seen(), this.finder.element);
    this.away = h("p", { class: "draw-away", hidden: true });
    root.append(this.away, this.element);
    style(this.element, new URL("./draw.css", import.meta.url));
    this.pasted = (event) => this.shown && this.paste(event);
    this.pressed = (event) => this.shown && this.key(event); // on the page: a button that is disabled loses the focus
    document.addEventListener("paste", this.pasted);
    document.addEventListener("keydown", this.pressed);
    this.samples = new Newest({
      question: () => ({
        url: `/api/models/${context.model()}/images?kind=z&user=${context.user}`,
        body: pack(drawVectors(anySeed(), 1, context.data.z_dim)),
      }),
      answered: ({ pixels, h: high, w, c }) => this.bring({ pixels, h: high, w, c }),
      told: (sentence) => this.tell(sentence),
    });
  }

  // -- the parts of the page -------------------------------------------------------------------------------------------

  easel() {
    const { sketch } = this;
    this.invitation = h(
      "div",
      { class: "draw-invitation", "aria-hidden": "true" },
      h("b"),
      h("span", {}, "with mouse, pen or finger"),
    );
    this.centre = button("Centre it", { class: "draw-centre", hidden: true, "data-part": "centre" }, () =>
      sketch.add(sketch.centred()),
    );
    this.centre.title = "Into the middle and to the size that MNIST gives its digits";
    this.drop = h("div", { class: "draw-sheet", "data-part": "sheet" }, sketch.element, this.invitation, this.centre);
    this.drop.addEventListener("dragover", (event) => (event.preventDefault(), this.drop.classList.add("over")));
    this.drop.addEventListener("dragleave", () => this.drop.classList.remove("over"));
    this.drop.addEventListener("drop", (event) => this.dropped(event));
    this.tools = [
      ["pen", "Pen"],
      ["eraser", "Eraser"],
      ["hide", "Mask"],
    ].map(([tool, text]) => button(text, { "data-tool": tool }, () => this.take(tool)));
    this.undo = button("Undo", { "data-part": "undo" }, () => sketch.undo());
    this.clear = button("Clear", { "data-part": "clear" }, () => sketch.clear());
    this.file = h("input", { type: "file", accept: KINDS, hidden: true, "data-part": "file" });
    this.file.addEventListener("change", () => (this.upload(this.file.files[0]), (this.file.value = "")));
    this.write = button("", { "data-part": "write" }, () => this.writeOne());
    const sources = [
      this.write,
      button("Use a sample", { "data-part": "sample", title: "What the generator makes of a random z" }, () =>
        this.samples.ask(),
      ),
      button(
        "Use a real digit",
        { "data-part": "real", title: "A picture that the networks were not trained on" },
        () => this.real(),
      ),
      button("Upload", { "data-part": "upload", title: "Or drop or paste a picture" }, () => this.file.click()),
    ];
    this.message = h("p", { class: "draw-message", role: "alert", hidden: true });
    return h(
      "section",
      { class: "draw-easel", "aria-label": "Drawing" },
      this.drop,
      h(
        "div",
        { class: "draw-tools", role: "toolbar", "aria-label": "Tools" },
        ...this.tools,
        h("i"),
        this.undo,
        this.clear,
      ),
      h("div", { class: "draw-tools draw-sources" }, ...sources, this.file),
      this.more(),
      this.message,
    );
  }

  more() {
    const { sketch } = this;
    const width = h("input", {
      type: "range",
      min: 0.035,
      max: 0.16,
      step: 0.005,
      value: sketch.width,
      "aria-label": "Width of the stroke",
    });
    width.addEventListener("input", () => (sketch.width = Number(width.value)));
    this.picker = h("input", { type: "color" });
    this.picker.addEventListener("input", () => (sketch.colour = this.picker.value));
    this.colour = h("label", {}, "Colour", this.picker);
    this.digit = h("input", { type: "checkbox", checked: true });
    this.paper = h("label", {}, this.digit, "Uploads are ink on paper: invert and centre them");
    return h(
      "details",
      { class: "draw-more" },
      h("summary", {}, "More"),
      h("div", {}, h("label", {}, "Stroke", width), this.colour, this.paper),
    );
  }

  seen() {
    this.small = h("canvas", { role: "img", "aria-label": "What the networks see", "data-part": "seen" });
    this.size = h("span");
    const figure = h("figure", {}, this.small, h("figcaption", {}, "What the networks see", h("br"), this.size));
    return h("section", { class: "draw-seen", "aria-label": "What the networks say" }, figure, this.verdict.element);
  }

  // -- what a tab is asked to do ---------------------------------------------------------------------------------------

  /** Also called when the run or its shape has changed: the drawing stays. */
  show() {
    const { data } = this.context;
    const why = data.points
      ? "this generator makes points of the plane, not pictures"
      : data.shape
        ? ""
        : "this run has no generator yet";
    this.shown = !why;
    this.element.hidden = Boolean(why);
    this.away.hidden = !why;
    this.away.textContent = `Drawing is not available because ${why}.`;
    if (why) return;
    const [C, H, W] = data.shape;
    if (this.shape !== data.shape.join()) this.sketch.shape(data.shape);
    this.shape = data.shape.join();
    this.size.textContent = `${W} × ${H} pixels`;
    this.digits = (data.names ?? []).filter((name) => written(name));
    this.invitation.firstChild.textContent = this.digits.length ? "Draw a digit" : "Draw something";
    this.write.hidden = !this.digits.length;
    this.announce();
    this.colour.hidden = C < 3;
    if (this.sketch.colour === "white") this.picker.value = colour(this.element, "chalk");
    this.paper.hidden = C !== 1;
    this.verdict.note(data.d_note ?? "");
    this.verdict.blank(data.names ?? []);
    this.finder.show();
    this.changed();
    this.timer ??= setInterval(() => this.look(), LOOK);
  }

  hide() {
    this.shown = false;
    clearInterval(this.timer);
    this.timer = null;
  }

  destroy() {
    this.hide();
    document.removeEventListener("paste", this.pasted);
    document.removeEventListener("keydown", this.pressed);
    this.opinion.stop();
    this.verdict.destroy();
    this.samples.stop();
    this.finder.stop();
    this.away.remove();
    this.element.remove();
  }

  // -- the drawing -----------------------------------------------------------------------------------------------------

  /** Another task of the finder is shown. */
  turn(task) {
    this.drop.dataset.task = task;
    this.take(task === "inpaint" ? "hide" : "pen");
  }

  take(tool) {
    this.sketch.tool = tool;
    for (const one of this.tools) one.setAttribute("aria-pressed", String(one.dataset.tool === tool));
    this.drop.dataset.tool = tool;
    if (tool === "hide" && kept.finder.task !== "inpaint") this.finder.pick("inpaint");
  }

  changed() {
    const { sketch } = this;
    this.undo.disabled = !kept.ops.length;
    this.clear.disabled = sketch.empty && !sketch.hides;
    this.invitation.hidden = !sketch.empty;
    this.drop.dataset.empty = String(sketch.empty);
    this.pending ??= requestAnimationFrame(() => this.follow());
  }

  /** What follows from a change, once a frame. */
  follow() {
    this.pending = null;
    const { sketch } = this;
    const pixels = sketch.pixels();
    drawSheet(this.small, { pixels, h: sketch.H, w: sketch.W, c: sketch.C }, 0, 1, 1, 0);
    sketch.paper.setAttribute("aria-label", sketch.empty ? "An empty sheet to draw on" : "Your picture");
    this.centre.hidden = !this.digits.length || sketch.empty || Boolean(sketch.stroke) || !sketch.centred();
    this.finder.refresh();
    this.opinion.ask();
  }

  source() {
    const { sketch } = this;
    return { pixels: sketch.pixels(), mask: sketch.mask(), empty: sketch.empty, hides: sketch.hides };
  }

  question() {
    if (this.sketch.empty) {
      this.verdict.blank();
      return null;
    }
    return {
      url: `/api/models/${this.context.model()}/reading?user=${this.context.user}-draw`,
      body: this.sketch.pixels(),
    };
  }

  /** A D that is still trained changes its mind. */
  look() {
    if (!document.hidden && this.context.data.live && this.context.step === null) this.opinion.ask();
  }

  /** A picture from somewhere else takes the place of the drawing. */
  bring(picture) {
    this.sketch.add({ kind: "picture", ...picture });
  }

  /** Which digit the next press of the button writes. */
  announce() {
    if (!this.digits.length) return;
    this.next =
      this.digits.includes("7") && !this.next ? "7" : this.digits[Math.floor(Math.random() * this.digits.length)];
    this.write.textContent = `Draw a ${this.next} for me`;
  }

  async writeOne() {
    const { sketch, next } = this;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    sketch.clear();
    this.turn(kept.finder.task);
    for (const points of written(next)) await sketch.perform(points, still ? 0 : SPEED);
    this.announce();
  }

  /** A picture that the networks were not trained on: of two of the quiz, the one that is real. */
  async real() {
    const { context } = this;
    const quiz = `/api/models/${context.model()}/quiz?seed=${anySeed()}&n=2&user=${context.user}`;
    await this.bringFrom(async () => {
      const { pixels, h: high, w, c } = await pictures(await ask(quiz));
      const { truth } = await json(`${quiz}&k=0&guess=real`, { method: "POST" });
      const size = high * w * c;
      return { pixels: truth === "real" ? pixels.slice(0, size) : pixels.slice(size), h: high, w, c };
    });
  }

  /** Brings the picture that `made()` resolves to, or says why there is none. */
  async bringFrom(made) {
    try {
      this.bring(await made());
      this.tell("");
    } catch (error) {
      this.tell(error.message);
    }
  }

  // -- pictures from files ---------------------------------------------------------------------------------------------

  dropped(event) {
    event.preventDefault();
    this.drop.classList.remove("over");
    this.upload(event.dataTransfer.files[0]);
  }

  paste(event) {
    const file = [...(event.clipboardData?.files ?? [])].find(({ type }) => type.startsWith("image/"));
    if (!file) return;
    event.preventDefault();
    this.upload(file);
  }

  async upload(file) {
    if (!file) return;
    if (file.size > MOST)
      return this.tell(
        `This file has ${megabytes(file.size)} MB; at most ${megabytes(MOST)} MB can be taken. Try a smaller picture.`,
      );
    const as = this.context.data.shape[0] === 1 && this.digit.checked ? "?as=digit" : "";
    const path = `/api/models/${this.context.model()}/picture${as}`;
    await this.bringFrom(async () => {
      const { pixels, h: high, w, c } = await pictures(await ask(path, { body: file }));
      return { pixels, h: high, w, c };
    });
  }

  key(event) {
    if (event.key.toLowerCase() !== "z" || !(event.ctrlKey || event.metaKey) || !kept.ops.length) return;
    if (event.composedPath()[0].matches?.("input:not([type=range]), textarea")) return;
    event.preventDefault();
    this.sketch.undo();
  }

  tell(sentence) {
    this.message.textContent = sentence;
    this.message.hidden = !sentence;
  }
}

function button(text, attributes, act) {
  const made = h("button", { type: "button", ...attributes }, text);
  made.addEventListener("click", act);
  return made;
}

const megabytes = (bytes) => (bytes / 2 ** 20).toLocaleString("en", { maximumFractionDigits: 1 });
