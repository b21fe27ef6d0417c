// Pinned samples: a strip of thumbnails that this browser keeps for the run, drawn by the generator on screen.
import { Newest } from "../base/http.js";
import { drawSheet } from "../base/canvas.js";
import { h } from "../base/dom.js";
import { read, write } from "../base/storage.js";
import { pack } from "../base/latent.js";

const MOST = 24; // of which a film through all has ten frames for each

export class Pins {
  constructor(explorer, changed) {
    const { id } = explorer.context.data;
    const { latent } = explorer;
    this.explorer = explorer;
    this.changed = changed;
    this.name = `forger-pins-${id}`;
    this.undone = null;
    this.list = (read(this.name) ?? [])
      .map((text) => latent.parse(text))
      .filter(Boolean)
      .slice(0, MOST);
    this.strip = h("div", {
      class: "explore-strip",
      "data-part": "pins",
      role: "group",
      "aria-label": "Pinned samples",
    });
    this.none = h("p", { class: "explore-missing" }, "None yet. Pin keeps a sample; a film needs two.");
    this.undo = h("button", { type: "button", class: "quiet", "data-part": "unpin-undo", hidden: true }, "Undo");
    this.undo.onclick = () => this.restore();
    this.element = h("div", { class: "explore-pins" }, this.strip, this.none, this.undo);
    this.asker = new Newest({
      question: () => ({ url: explorer.drawing.address("pins"), body: pack(explorer.latent.truncated(this.list)) }),
      answered: (answer) => this.paint(answer),
    });
  }

  /** Keeps the sample that is shown. False when there is no room. */
  add(z) {
    if (this.list.length >= MOST) return false;
    this.undone = null;
    const { latent } = this.explorer;
    this.set([...this.list, latent.parse(latent.write(z))]);
    return true;
  }

  remove(k) {
    this.undone = this.list;
    this.set(this.list.filter((_, i) => i !== k));
  }

  restore() {
    const list = this.undone;
    this.undone = null;
    this.set(list);
  }

  set(list) {
    this.list = list;
    const { latent } = this.explorer;
    write(
      this.name,
      list.map((z) => latent.write(z)),
    );
    this.build();
    this.changed();
  }

  build() {
    this.none.hidden = this.list.length > 0;
    this.undo.hidden = !this.undone;
    this.strip.replaceChildren(...this.list.map((z, k) => this.pin(z, k)));
    this.drawn = null;
    this.draw();
  }

  pin(z, k) {
    const go = h(
      "button",
      { type: "button", "aria-label": `Pin ${k + 1}: go there` },
      h("canvas", { width: 28, height: 28 }),
    );
    const away = h("button", { type: "button", class: "explore-away", "aria-label": `Remove pin ${k + 1}` }, "×");
    go.onclick = () => this.explorer.go(z);
    away.onclick = () => this.remove(k);
    return h("span", { class: "explore-pin" }, go, h("small", {}, String(k + 1)), away);
  }

  /** Thumbnails of the generator on screen; only when it or the list is another one. */
  draw() {
    const key = this.explorer.drawing.by();
    if (!this.list.length || this.drawn === key) return;
    this.drawn = key;
    this.asker.ask();
  }

  idle() {
    this.draw();
  }

  paint(answer) {
    if (answer.n !== this.list.length) return;
    [...this.strip.querySelectorAll("canvas")].forEach((canvas, k) => drawSheet(canvas, answer, k, 1, 1, 0));
  }

  destroy() {
    this.asker.stop();
  }
}
