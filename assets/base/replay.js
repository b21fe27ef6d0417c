// Playing what a slider moves through from where it stands to its end.
import { h } from "./dom.js";
import { icon } from "./icon.js";

const LONG_MS = 9000; // that a replay takes, if that is not too fast or too slow
const FRAME_MS = [50, 350];
const LATE_MS = 1000; // that a frame may take to be drawn

export class Replay {
  /**
   * @param {string} what is replayed, "the run"
   * @param {object} how
   * @param {() => number} how.count frames there are
   * @param {() => number | null} how.at which one is shown; null is the end
   * @param {(index: number) => unknown} how.go shows a frame; a promise resolves once it is drawn
   */
  constructor(what, { count, at, go }) {
    this.what = what;
    this.count = count;
    this.at = at;
    this.go = go;
    this.playing = false;
    this.button = h("button", { type: "button", class: "base-play" });
    this.button.addEventListener("click", () => (this.playing ? this.stop() : this.start()));
    this.label();
  }

  start() {
    const pause = Math.min(FRAME_MS[1], Math.max(FRAME_MS[0], LONG_MS / this.count()));
    let index = this.at() ?? 0;
    this.playing = true;
    this.label();
    const next = async () => {
      await Promise.race([this.go(index), new Promise((late) => setTimeout(late, LATE_MS))]);
      index += 1;
      if (!this.playing) return;
      if (index >= this.count()) this.stop();
      else this.timer = setTimeout(next, pause);
    };
    next();
  }

  stop() {
    clearTimeout(this.timer);
    if (!this.playing) return;
    this.playing = false;
    this.label();
  }

  label() {
    const [drawing, word, more] = this.playing ? ["pause", "Pause", "the replay"] : ["play", "Replay", this.what];
    this.button.replaceChildren(icon(drawing), h("span", {}, word));
    this.button.setAttribute("aria-label", `${word} ${more}`);
  }
}
