// A film through the latent space: on turns through the pins, or a random walk; played in the sample, saved as a GIF.
import { drawSheet } from "../base/canvas.js";
import { h } from "../base/dom.js";
import { download } from "../base/storage.js";
import { drawn, generators } from "../engine/page.js";
import { angleOf, anySeed, normals, pack, path, walk } from "../base/latent.js";
import { FilmTrack, along, legsOf } from "./film-track.js";

const RATE = 20; // frames a second of a GIF, and where the server draws
const SCREEN = 60; // where the page draws
const CALM = 1; // where the system asks for less motion
const MOST = 240; // frames of a GIF; the route draws 256 at once
const AHEAD = 16; // frames that are drawn at once: few, so that newer weights are soon seen
const WAYS = {
  loop: "Through the pins and round again",
  there: "Through the pins, there and back",
  walk: "Random walk",
};

export class Film {
  constructor(explorer, pins) {
    this.explorer = explorer;
    this.pins = pins;
    this.playing = false;
    this.play = h("button", { type: "button", "data-part": "play", "aria-pressed": false }, "Play");
    this.play.onclick = () => (this.playing ? this.stop() : this.start());
    const options = Object.entries(WAYS).map(([value, text]) => h("option", { value }, text));
    this.way = h("select", { "aria-label": "What the film shows", "data-part": "way" }, ...options);
    this.way.onchange = () => (this.stop(), this.fill());
    const named = { "data-part": "speed", "aria-label": "Speed of the film" };
    this.speed = h("input", { type: "range", min: 0.1, max: 2, step: 0.1, value: 0.7, ...named });
    this.told = h("output", { "aria-live": "off" });
    this.save = h("button", { type: "button", class: "quiet", "data-part": "gif" }, "Save as GIF");
    this.save.onclick = () => this.keep();
    this.speed.oninput = () => this.fill();
    const speed = h(
      "label",
      { class: "explore-row" },
      h("span", { class: "explore-name" }, "Speed"),
      this.speed,
      this.told,
    );
    this.track = new FilmTrack(explorer, () => (this.way.value === "walk" ? [] : this.keys()));
    this.element = h(
      "div",
      { class: "explore-film" },
      h("div", { class: "explore-actions" }, this.play, this.way, this.save),
      this.track.element,
      speed,
    );
  }

  /** Radians a second. */
  get pace() {
    return Number(this.speed.value);
  }

  fill() {
    const enough = this.way.value === "walk" || this.pins.list.length > 1;
    this.play.disabled = this.save.disabled = !enough;
    this.play.title = enough ? "" : "A film through the pins needs two of them.";
    this.told.textContent = this.pace < 0.5 ? "slow" : this.pace < 1.2 ? "medium" : "fast";
    this.told.title = `${this.pace.toFixed(1)} radians a second`;
    this.track.fill();
  }

  /** The strip is drawn by the generator on screen. */
  idle() {
    this.track.fill();
  }

  /** The film as it is saved: its end goes over into its beginning. At most MOST vectors. */
  closed() {
    const keys = this.keys();
    const turns = keys.map((key, k) => angleOf(key, keys[(k + 1) % keys.length]));
    const radians = turns.reduce((sum, angle) => sum + angle, 0);
    return path(
      keys,
      Math.max(keys.length, Math.min(MOST, Math.round((radians / this.pace) * RATE))),
      true,
      this.explorer.latent.z_dim,
    );
  }

  keys() {
    const { list } = this.pins;
    const { latent } = this.explorer;
    if (this.way.value === "walk") {
      const strides = walk(latent.z(), () => 1, normals(latent.seed), latent.z_dim);
      return Array.from({ length: 4 }, () => strides.next().value);
    }
    return this.way.value === "loop" ? list : [...list, ...list.slice(1, -1).reverse()];
  }

  /**
   * z after z, without an end, `rate` of them a second, with its place in the film where that has one.
   * @returns {Generator<{z: any, place: number | null}, any>}
   */
  *frames(rate) {
    const { way, explorer } = this;
    const { z_dim } = explorer.latent;
    if (way.value === "walk") {
      const strides = walk(explorer.latent.z(), () => this.pace / rate, normals(anySeed()), z_dim);
      for (const z of strides) yield { z, place: null };
    }
    const legs = legsOf(this.keys(), z_dim);
    for (let { place } = this.track; ; place = (place + this.pace / rate / legs.whole) % 1)
      yield { z: along(legs, place, z_dim), place };
  }

  start() {
    const here = generators.draws(this.explorer.context.model()) ? SCREEN : RATE;
    const rate = matchMedia("(prefers-reduced-motion: reduce)").matches ? CALM : here;
    this.explorer.remember();
    this.playing = true;
    this.source = this.frames(rate);
    this.waiting = [];
    this.at = null;
    this.show();
    this.timer = setInterval(() => this.turn(), 1000 / rate);
    this.draw();
  }

  /** Ends where the film is: that is the sample now. */
  stop() {
    if (!this.playing) return;
    clearInterval(this.timer);
    this.playing = false;
    this.show();
    if (this.at) this.explorer.latent.go(anySeed(), this.at);
    this.explorer.changed();
  }

  show() {
    this.play.textContent = this.playing ? "Stop" : "Play";
    this.play.setAttribute("aria-pressed", String(this.playing));
    this.explorer.bench.classList.toggle("playing", this.playing);
  }

  /** The next frame, if it has come. */
  turn() {
    if (document.hidden) return;
    const frame = this.waiting.shift();
    if (this.waiting.length < AHEAD / 2) this.draw();
    if (!frame) return;
    this.at = frame.z;
    if (frame.place !== null) this.track.show(frame.place);
    drawSheet(this.explorer.one, frame.answer, frame.k, 1, 1, 0);
  }

  /** Has more frames drawn. */
  async draw() {
    if (this.fetching) return;
    this.fetching = true;
    const { source, explorer } = this;
    const next = Array.from({ length: AHEAD }, () => source.next().value);
    const vectors = next.map(({ z }) => Float32Array.from(z));
    const body = pack(explorer.latent.truncated(vectors));
    const answer = await drawn({ url: explorer.drawing.address("film"), body }).catch(() => null);
    this.fetching = false;
    if (this.source !== source || !this.playing) return;
    if (answer) this.waiting.push(...vectors.map((z, k) => ({ z, place: next[k].place, k, answer })));
    else setTimeout(() => this.playing && this.draw(), 500);
  }

  async keep() {
    const { explorer, save } = this;
    save.disabled = true;
    const { id } = explorer.context.data;
    const body = pack(explorer.latent.truncated(this.closed()));
    const wrong = await download(`${explorer.drawing.address("gif")}&format=gif&fps=${RATE}`, body, `${id}-film.gif`);
    explorer.notice.tell(wrong);
    save.disabled = false;
  }

  destroy() {
    this.track.destroy();
    clearInterval(this.timer);
    this.playing = false;
  }
}
