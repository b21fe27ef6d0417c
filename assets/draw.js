// The Draw tab: draw or bring a picture, see what D and EvalNet say of it, and find it in the latents.
import { Asker } from "./asking.js";
import { drawSheet } from "./canvases.js";
import { h } from "./dom.js";
import { Finder } from "./finder.js";
import { written } from "./hand.js";
import { drawVectors, pack } from "./latent.js";
import { Opinion } from "./opinion.js";
import { Sketch } from "./sketch.js";
import { style } from "./styled.js";

const MOST = 8 * 2 ** 20; // bytes of a file
const KINDS = "image/png,image/jpeg,image/gif,image/bmp,image/webp";
const SPEED = 650; // ms for a digit drawn by itself
const LOOK = 3000; // ms between two opinions of a D that is still trained

const kept = { ops: [], finder: {} }; // outlives the tab and the run

export default (root, studio) => new Draw(root, studio);

class Draw {
  constructor(root, studio) {
    Object.assign(this, { studio });
    this.sketch = new Sketch(kept.ops, () => this.changed());
    this.opinion = new Opinion(() => this.question(), (sentence) => this.tell(sentence));
    const restore = () => this.sketch.add({ kind: "whole" });
    this.finder = new Finder(studio, kept.finder, () => this.source(), (task) => this.turn(task), restore);
    this.element = h("div", { class: "dr" }, this.easel(), this.seen(), this.finder.element);
    this.away = h("p", { class: "dr-away", hidden: true });
    root.append(this.away, this.element);
    style(this.element, "./draw.css");
    this.pasted = (event) => this.shown && this.paste(event);
    this.pressed = (event) => this.shown && this.key(event); // on the page: a button that is disabled loses the focus
    document.addEventListener("paste", this.pasted);
    document.addEventListener("keydown", this.pressed);
    this.samples = new Asker(
      () => ({ url: `/api/models/${studio.model()}/images?kind=z&user=${studio.user}`, body: pack(drawVectors(anySeed(), 1, studio.data.z_dim)) }),
      ({ pixels, h: high, w, c }) => this.bring({ pixels, h: high, w, c }),
      (sentence) => this.tell(sentence),
    );
  }

  // -- the parts of the page -------------------------------------------------------------------------------------------

  easel() {
    const { sketch } = this;
    this.invitation = h("div", { class: "dr-invitation", "aria-hidden": "true" }, h("b"), h("span", {}, "with mouse, pen or finger"));
    this.centre = button("Centre it", { class: "dr-centre", hidden: true, "data-part": "centre" }, () => sketch.add(sketch.centred()));
    this.centre.title = "Into the middle and to the size that MNIST gives its digits";
    this.drop = h("div", { class: "dr-sheet", "data-part": "sheet" }, sketch.element, this.invitation, this.centre);
    this.drop.addEventListener("dragover", (event) => (event.preventDefault(), this.drop.classList.add("over")));
    this.drop.addEventListener("dragleave", () => this.drop.classList.remove("over"));
    this.drop.addEventListener("drop", (event) => this.dropped(event));
    this.tools = [
      ["pen", "Pen"],
      ["eraser", "Eraser"],
      ["hide", "Erase a part"],
    ].map(([tool, text]) => button(text, { "data-tool": tool }, () => this.take(tool)));
    this.undo = button("Undo", { "data-part": "undo" }, () => sketch.undo());
    this.clear = button("Clear", { "data-part": "clear" }, () => sketch.clear());
    this.file = h("input", { type: "file", accept: KINDS, hidden: true, "data-part": "file" });
    this.file.addEventListener("change", () => (this.upload(this.file.files[0]), (this.file.value = "")));
    this.write = button("", { "data-part": "write" }, () => this.writeOne());
    const sources = [
      this.write,
      button("Take a sample", { "data-part": "sample", title: "What the generator makes of a random z" }, () => this.samples.ask()),
      button("Take a real one", { "data-part": "real", title: "A picture that the networks were not trained on" }, () => this.real()),
      button("Upload", { "data-part": "upload", title: "Or drop or paste a picture" }, () => this.file.click()),
    ];
    this.message = h("p", { class: "dr-message", role: "alert", hidden: true });
    return h(
      "section",
      { class: "dr-easel", "aria-label": "Drawing" },
      this.drop,
      h("div", { class: "dr-tools", role: "toolbar", "aria-label": "Tools" }, ...this.tools, h("i"), this.undo, this.clear),
      h("div", { class: "dr-tools dr-sources" }, ...sources, this.file),
      this.more(),
      this.message,
    );
  }

  more() {
    const { sketch } = this;
    const width = h("input", { type: "range", min: 0.035, max: 0.16, step: 0.005, value: sketch.width, "aria-label": "Width of the stroke" });
    width.addEventListener("input", () => (sketch.width = Number(width.value)));
    const colour = h("input", { type: "color", value: sketch.colour });
    colour.addEventListener("input", () => (sketch.colour = colour.value));
    this.colour = h("label", {}, "Colour", colour);
    this.digit = h("input", { type: "checkbox", checked: true });
    this.paper = h("label", {}, this.digit, "Uploads are ink on paper: invert and centre them");
    return h("details", { class: "dr-more" }, h("summary", {}, "More"), h("div", {}, h("label", {}, "Stroke", width), this.colour, this.paper));
  }

  seen() {
    this.small = h("canvas", { role: "img", "aria-label": "What the networks see", "data-part": "seen" });
    this.size = h("span");
    const figure = h("figure", {}, this.small, h("figcaption", {}, "What the networks see", h("br"), this.size));
    return h("section", { class: "dr-seen", "aria-label": "What the networks say" }, figure, this.opinion.element);
  }

  // -- what a tab is asked to do ---------------------------------------------------------------------------------------

  /** Also called when the run or its shape has changed: the drawing stays. */
  show() {
    const { data } = this.studio;
    const why = data.points ? "this generator makes points of the plane, not pictures" : data.shape ? "" : "this run has no generator yet";
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
    this.paper.hidden = C !== 1;
    this.opinion.blank(data.names ?? []);
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
    this.drop.dataset.empty = sketch.empty;
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
    if (this.sketch.empty) return null;
    return { url: `/api/models/${this.studio.model()}/reading?user=${this.studio.user}`, body: this.sketch.pixels() };
  }

  /** A D that is still trained changes its mind. */
  look() {
    if (!document.hidden && this.studio.data.live && this.studio.step === null) this.opinion.ask();
  }

  /** A picture from somewhere else takes the place of the drawing. */
  bring(picture) {
    this.sketch.add({ kind: "picture", ...picture });
  }

  /** Which digit the next press of the button writes. */
  announce() {
    if (!this.digits.length) return;
    this.next = this.digits.includes("7") && !this.next ? "7" : this.digits[Math.floor(Math.random() * this.digits.length)];
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

  async real() {
    const { studio } = this;
    const quiz = `/api/models/${studio.model()}/quiz?seed=${anySeed()}&n=2&user=${studio.user}`;
    try {
      const answer = await fetch(quiz);
      if (!answer.ok) throw await refusal(answer);
      const [, high, w, c] = answer.headers.get("X-Shape").split(",").map(Number);
      const pixels = new Uint8Array(await answer.arrayBuffer());
      const told = await fetch(`${quiz}&k=0&guess=real`, { method: "POST" });
      if (!told.ok) throw await refusal(told);
      const first = (await told.json()).truth === "real"; // one of the two is
      const size = high * w * c;
      this.bring({ pixels: first ? pixels.slice(0, size) : pixels.slice(size), h: high, w, c });
      this.tell("");
    } catch (error) {
      this.tell(inWords(error));
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
    if (file.size > MOST) return this.tell(`This file has ${megabytes(file.size)} MB; at most ${megabytes(MOST)} MB can be taken. Try a smaller picture.`);
    const as = this.studio.data.shape[0] === 1 && this.digit.checked ? "?as=digit" : "";
    try {
      const answer = await fetch(`/api/models/${this.studio.model()}/picture${as}`, { method: "POST", body: file });
      if (!answer.ok) throw await refusal(answer);
      const [, high, w, c] = answer.headers.get("X-Shape").split(",").map(Number);
      this.bring({ pixels: new Uint8Array(await answer.arrayBuffer()), h: high, w, c });
      this.tell("");
    } catch (error) {
      this.tell(inWords(error));
    }
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

async function refusal(answer) {
  const told = await answer.json().catch(() => ({}));
  return new Error(told.error ?? `The server said ${answer.status}.`);
}

function inWords(error) {
  return error instanceof TypeError ? "The server does not answer." : error.message;
}

const megabytes = (bytes) => (bytes / 2 ** 20).toLocaleString("en", { maximumFractionDigits: 1 });
const anySeed = () => Math.floor(Math.random() * 2 ** 31);
