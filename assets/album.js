// The pictures of a run: one large, two small, and a slider back through time.

import { h, icon, number } from "./dom.js";

const SORTS = {
  fixed: { title: "Fixed z", says: "the same noise at every step: progress" },
  random: { title: "Random z", says: "new noise at every step: diversity" },
  real: { title: "Real", says: "what G learns to imitate" },
};
const REPLAY = 9000; // ms a replay takes, if that is not too fast or too slow
const FRAME = [50, 350]; // ms
const SMOOTH_FROM = 380; // pixels: pictures of points are this large and not made of digits

/** The pictures of a feed. `onstep` hears the step at which the slider stands, null when it is live. */
export class Album {
  constructor({ onstep }) {
    this.onstep = onstep;
    this.big = "fixed";
    this.index = null; // of the slider; null follows the run
    this.frames = { fixed: new Frame("live-picture"), random: new Frame(), real: new Frame() };
    this.places = Object.fromEntries(Object.keys(SORTS).map((sort) => [sort, this.card(sort)]));
    this.element = h("div", { class: "gl-album" }, ...Object.values(this.places), this.timeline());
    this.sizes = new ResizeObserver(() => Object.values(this.frames).forEach((frame) => frame.fit()));
    this.sizes.observe(this.element);
    this.enlarge("fixed");
  }

  card(sort) {
    const { title, says } = SORTS[sort];
    const named = { class: "gl-frame", title: `Show ${title} large` };
    const button = h("button", { type: "button", ...named }, this.frames[sort].element);
    button.addEventListener("click", () => this.enlarge(sort));
    const caption = h("figcaption", {}, h("b", {}, title), h("span", {}, says));
    return h("figure", { class: `gl-card gl-${sort}` }, caption, button);
  }

  timeline() {
    this.play = h("button", { type: "button", class: "gl-play" });
    this.setPlaying(false);
    const named = { "aria-label": "Step of the picture", "data-testid": "live-slider" };
    this.range = h("input", { type: "range", min: 0, max: 0, step: 1, ...named });
    this.where = h("output", { class: "gl-where" });
    this.live = h("button", { type: "button", class: "gl-now", "aria-pressed": "true" }, "Live");
    this.play.addEventListener("click", () => (this.playing ? this.pause() : this.replay()));
    this.range.addEventListener("input", () => {
      this.pause();
      this.go(Number(this.range.value));
    });
    this.live.addEventListener("click", () => {
      this.pause();
      this.go(this.steps.length - 1);
    });
    return h("div", { class: "gl-time" }, this.play, this.range, this.live, this.where);
  }

  enlarge(sort) {
    this.big = sort;
    for (const [name, card] of Object.entries(this.places)) {
      card.classList.toggle("gl-big", name === sort);
      card.querySelector("button").setAttribute("aria-pressed", String(name === sort));
    }
    requestAnimationFrame(() => Object.values(this.frames).forEach((frame) => frame.fit()));
  }

  get steps() {
    return this.feed?.samples.fixed ?? [];
  }

  /** Takes in what is new of a feed; another feed starts over. */
  update(feed, { points = false, count = 0 } = {}) {
    if (feed !== this.feed || feed.generation !== this.generation) {
      this.pause();
      this.index = null;
      this.onstep(null);
      Object.values(this.frames).forEach((frame) => frame.clear());
      Object.assign(this, { feed, generation: feed.generation });
    }
    Object.assign(this, { points, count });
    const before = this.shown;
    this.range.max = Math.max(0, this.steps.length - 1);
    if (this.index !== null) this.index = nearest(this.steps, before ?? 0); // some were thinned out
    const ended = ["finished", "stopped", "failed"].includes(feed.status);
    this.live.textContent = ended ? "Latest" : "Live";
    this.play.disabled = this.steps.length < 2;
    this.draw();
  }

  go(index) {
    this.index = index >= this.steps.length - 1 ? null : index;
    this.draw();
    this.onstep(this.index === null ? null : this.shown);
  }

  draw() {
    const index = this.index ?? this.steps.length - 1;
    const step = this.steps[index];
    this.range.value = Math.max(0, index);
    this.live.setAttribute("aria-pressed", String(this.index === null));
    if (this.feed.real) this.frames.real.show(this.feed.real, `Real ${this.things()}`, this.points);
    if (step === undefined) return;
    this.shown = step;
    const epoch = this.feed.at("epoch", step);
    const told = `step ${number(step)}, epoch ${number(epoch, 2)}`;
    this.where.textContent = step === 0 ? "step 0: untrained" : told;
    this.range.setAttribute("aria-valuetext", told);
    for (const sort of ["fixed", "random"]) {
      const steps = this.feed.samples[sort];
      const at = steps[nearest(steps, step)];
      if (at === undefined) continue;
      const text = `Generated ${this.things()} from ${sort} noise at ${told}`;
      this.frames[sort].show(this.feed.picture(sort, at), text, this.points);
    }
  }

  things() {
    return this.points ? "points" : `images${this.count ? `, a grid of ${this.count}` : ""}`;
  }

  replay() {
    const pause = Math.min(FRAME[1], Math.max(FRAME[0], REPLAY / this.steps.length));
    let index = this.index ?? 0;
    this.setPlaying(true);
    const next = async () => {
      this.go(index);
      await Promise.race([this.frames[this.big].settled, wait(1000)]);
      index += 1;
      if (!this.playing) return;
      if (index >= this.steps.length) this.pause();
      else this.timer = setTimeout(next, pause);
    };
    next();
  }

  pause() {
    clearTimeout(this.timer);
    if (this.playing) this.setPlaying(false);
  }

  setPlaying(playing) {
    this.playing = playing;
    const [drawing, word, told] = playing
      ? ["pause", "Pause", "Pause the replay"]
      : ["play", "Replay", "Replay the run"];
    this.play.replaceChildren(icon(drawing), h("span", {}, word));
    this.play.setAttribute("aria-label", told);
  }

  destroy() {
    this.pause();
    this.sizes.disconnect();
  }
}

/** A picture that changes only once the next one is decoded, so that nothing flickers. */
class Frame {
  constructor(testid) {
    this.image = h("img", { decoding: "sync", draggable: "false", alt: "", hidden: true });
    if (testid) this.image.dataset.testid = testid;
    this.element = h("span", { class: "gl-stage" }, this.image);
    this.settled = Promise.resolve();
    this.asked = "";
  }

  clear() {
    this.asked = "";
    this.image.hidden = true;
    this.image.removeAttribute("src");
  }

  show(url, text, smooth) {
    this.smooth = smooth;
    if (url === this.asked) return;
    this.asked = url;
    this.settled = this.swap(url, text);
  }

  async swap(url, text) {
    const next = new Image();
    next.src = url;
    try {
      await next.decode();
    } catch {
      if (this.asked === url) this.asked = ""; // thinned out meanwhile: the next answer names another
      return;
    }
    if (this.asked !== url) return; // a newer one was asked for
    Object.assign(this.image, { src: url, alt: text, hidden: false });
    this.natural = [next.naturalWidth, next.naturalHeight];
    this.fit();
  }

  /** Whole device pixels a pixel where that wastes little room, so that digits stay crisp. */
  fit() {
    const { clientWidth: width, clientHeight: height } = this.element;
    if (!this.natural || !width) return;
    const [w, hgt] = this.natural;
    const most = Math.min(width / w, height / hgt);
    const ratio = window.devicePixelRatio || 1;
    const whole = Math.floor(most * ratio + 1e-3) / ratio;
    const smooth = this.smooth || Math.max(w, hgt) >= SMOOTH_FROM;
    const scale = !smooth && whole >= 0.8 * most ? whole : most;
    Object.assign(this.image.style, { width: `${w * scale}px`, height: `${hgt * scale}px` });
    this.image.style.imageRendering = smooth || scale * ratio < 1 ? "auto" : "pixelated";
  }
}

/** The index of the last step that is not after `step`. */
function nearest(steps, step) {
  let low = 0;
  for (let k = 0; k < steps.length && steps[k] <= step; k++) low = k;
  return low;
}

function wait(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
