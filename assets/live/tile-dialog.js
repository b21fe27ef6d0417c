// One picture of a grid, opened: large, with what D and EvalNet say of it, the nearest real one, and the way to its z.

import { drawSheet } from "../base/canvas.js";
import { h, number } from "../base/dom.js";
import { ask, job, json } from "../base/http.js";
import { rounded, toText } from "../base/latent.js";
import { address } from "../base/root.js";
import { VerdictPanel } from "../base/verdict-panel.js";

const USER = Math.random().toString(36).slice(2, 10); // tells this page from others

/**
 * @typedef {object} Tile an answer of the route `tile`
 * @property {string} model a kept generator, ID or ID@STEP
 * @property {number} step of that
 * @property {number[]} shape C, H, W
 * @property {number | null} class
 * @property {string} words the caption that was asked for, "" without
 * @property {number[] | null} z
 * @property {string} why there is no z
 */

export class TileDialog {
  /**
   * @param {(by: number) => void} onturn hears how far the picture lies that an arrow key asks for
   * @param {(step: number) => void} onfork hears the step of the picture from which the run is to branch off
   */
  constructor(onturn, onfork) {
    this.title = h("h2", { class: "live-tile-title" });
    this.own = h("canvas", { role: "img", "aria-label": "The picture" });
    this.near = h("canvas", { role: "img", "aria-label": "The nearest real picture" });
    this.nearText = h("span", { role: "status" });
    this.verdict = new VerdictPanel();
    this.note = h("p", { class: "live-tile-note" });
    this.explore = h("a", { class: "live-tile-go", "data-testid": "tile-explore" }, "Open in Explore");
    this.fork = h("button", { type: "button", class: "base-now", "data-testid": "tile-fork" }, "Fork the run here");
    this.fork.addEventListener("click", () => {
      this.element.close();
      onfork(this.step);
    });
    const close = h("button", { type: "button", class: "base-now" }, "Close");
    close.addEventListener("click", () => this.element.close());
    this.element = h(
      "dialog",
      { class: "live-tile", "data-testid": "tile", "aria-label": "One picture" },
      h("header", {}, this.title, close),
      h(
        "div",
        { class: "live-tile-body" },
        h("figure", {}, this.own, h("figcaption", {}, "this picture")),
        h("figure", {}, this.near, h("figcaption", {}, this.nearText)),
        h(
          "div",
          { class: "live-tile-said" },
          this.verdict.element,
          this.note,
          h("p", { class: "live-tile-ways" }, this.explore, this.fork),
        ),
      ),
    );
    this.element.addEventListener("close", () => this.asking?.abort());
    this.element.addEventListener("click", (event) => event.target === this.element && this.element.close());
    this.element.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (by) onturn(by);
    });
  }

  /**
   * Opens picture k of a grid: `name` is what the grid is called, `pixels` those of the picture.
   * @param {{feed: any, name: string, sort: string, step: number, k: number, pixels: ImageData,
   *   forks: boolean}} what
   */
  async open({ feed, name, sort, step, k, pixels, forks }) {
    this.step = step;
    this.fork.hidden = !forks;
    this.asking?.abort();
    this.asking = new AbortController();
    const { signal } = this.asking;
    this.title.textContent = `${name}, picture ${k + 1}${sort === "real" ? "" : ` at step ${number(step)}`}`;
    Object.assign(this.own, { width: pixels.width, height: pixels.height });
    this.own.getContext("2d").putImageData(pixels, 0, 0);
    this.near.width = this.near.height = pixels.width; // empty
    this.explore.hidden = true;
    this.verdict.blank();
    this.verdict.note(feed.about.d?.note ?? "");
    this.note.textContent = "";
    this.nearText.textContent = "Looking for the nearest real picture …";
    if (!this.element.open) this.element.showModal();
    const told = (sentence) => (this.note.textContent = sentence);
    try {
      const path = `/api/models/${feed.id}/tile?sort=${sort}&step=${step}&k=${k}`;
      const tile = await json(path, { signal, told, tries: Infinity });
      this.lead(feed.id, tile, step);
      const body = bytesOf(pixels, tile.shape[0]);
      await Promise.all([this.read(tile, body, signal), this.neighbour(tile, body, signal)]);
    } catch (error) {
      if (!signal.aborted) this.note.textContent = error.message;
    }
  }

  /** The link to its z, or why there is none. */
  lead(id, tile, step) {
    const kept = tile.model.split("@")[1];
    const whose = tile.step === step ? "" : `D and Explore use step ${number(tile.step)}, the nearest that was kept.`;
    this.note.textContent = [
      tile.words && `Asked for: ${tile.words}.`,
      tile.why && `Not in Explore: ${tile.why}.`,
      whose,
    ]
      .filter(Boolean)
      .join(" ");
    this.explore.hidden = !tile.z;
    if (!tile.z) return;
    const query = new URLSearchParams({ run: id, z: toText(rounded(Float32Array.from(tile.z))) });
    if (kept) query.set("step", kept);
    if (tile.class !== null) query.set("class", String(tile.class));
    if (tile.words) query.set("words", tile.words);
    this.explore.href = `${address("explore")}?${query}`;
  }

  async read(tile, body, signal) {
    try {
      const path = `/api/models/${tile.model}/reading?user=${USER}`;
      const answer = await ask(path, { body, signal, tries: Infinity });
      this.verdict.show(await answer.json());
    } catch (error) {
      if (!signal.aborted) this.verdict.excuse(error.message);
    }
  }

  async neighbour(tile, body, signal) {
    const told = (sentence) => (this.nearText.textContent = sentence);
    try {
      const found = await job(`/api/models/${tile.model}/nearest?user=${USER}`, { body, signal, told });
      const [c, high, w] = tile.shape;
      const pixels = Uint8Array.from(atob(found.pixels), (letter) => letter.charCodeAt(0));
      drawSheet(this.near, { pixels, h: high, w, c }, 0, 1, 1, 0);
      told(`nearest of ${number(found.of)} real ones${found.label ? `: class ${found.label}` : ""}`);
    } catch (error) {
      if (!signal.aborted) told(error.message);
    }
  }

  destroy() {
    this.asking?.abort();
    this.verdict.destroy();
    this.element.close();
  }
}

/** Pixels as the routes take them: uint8 H,W,C. */
export function bytesOf({ data }, channels) {
  return Uint8Array.from({ length: (data.length / 4) * channels }, (_, k) => {
    return data[4 * Math.floor(k / channels) + (k % channels)];
  });
}
