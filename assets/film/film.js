// A film of a run to share: made by the server as a GIF, saved as that or recorded here as a video.
import { h, percent } from "../base/dom.js";
import { ask, pause } from "../base/http.js";
import { mounting } from "../base/mount.js";
import { extension, kindOfVideo, record } from "./recording.js";

const POLL_MS = 400; // between two looks at how far the server is

class Film {
  constructor(root) {
    this.make = h("button", { type: "button", class: "film-primary", "data-part": "make" }, "Make the film");
    this.make.onclick = () => this.begin((signal) => this.fetched(signal));
    this.fill = h("i");
    const range = { "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": 0 };
    this.bar = h("div", { class: "base-bar", role: "progressbar", "aria-label": "Progress", ...range }, this.fill);
    this.cancel = h("button", { type: "button", "data-part": "cancel" }, "Cancel");
    this.cancel.onclick = () => this.underway?.abort();
    this.busy = h("div", { class: "film-busy", hidden: true }, this.bar, this.cancel);
    this.said = h("p", { class: "film-said", role: "status" });
    this.picture = h("img", { alt: "The film of this run", hidden: true });
    this.saves = h("div", { class: "film-saves" });
    const about = h("p", {}, "20 seconds: the pictures through time, the losses as they were drawn, the verdict.");
    this.element = h("section", { class: "film", "aria-label": "Film to share" }, about, this.make, this.busy);
    this.element.append(this.said, this.picture, this.saves);
    root.append(this.element);
  }

  /** data: {run} of ui/shared/film.py. */
  show(data) {
    if (data.run !== this.data?.run) this.forget();
    this.data = data;
  }

  forget() {
    this.underway?.abort();
    if (this.gif) URL.revokeObjectURL(this.picture.src);
    this.gif = null;
    this.picture.hidden = true;
    this.saves.replaceChildren();
    this.said.textContent = "";
  }

  /** Does what takes a while, with a bar and a way to cancel it. */
  async begin(work) {
    this.underway = new AbortController();
    const { signal } = this.underway;
    this.busy.hidden = false;
    this.make.disabled = true;
    this.tell("", 0);
    try {
      await work(signal);
    } catch (error) {
      this.said.textContent = error.name === "AbortError" ? "Cancelled." : error.message;
    }
    this.busy.hidden = true;
    this.make.disabled = false;
  }

  tell(words, share) {
    this.said.textContent = words;
    this.fill.style.width = percent(share).replace(" ", "");
    this.bar.setAttribute("aria-valuenow", String(Math.round(100 * share)));
  }

  /** Has the server draw the film, and shows it. */
  async fetched(signal) {
    for (;;) {
      const answer = await ask(`/api/runs/${this.data.run}/film.gif`, { signal, cache: "no-store", tries: 5 });
      if (answer.status === 202) {
        const { text, done } = await answer.json();
        this.tell(`${text} …`, done);
        await pause(POLL_MS, signal);
        continue;
      }
      const gif = await answer.blob();
      this.forgetPicture();
      this.gif = gif;
      this.picture.src = URL.createObjectURL(gif);
      this.picture.hidden = false;
      this.make.textContent = "Make it again";
      this.said.textContent = "";
      return this.offer();
    }
  }

  forgetPicture() {
    if (this.gif) URL.revokeObjectURL(this.picture.src);
  }

  /** What it can be saved as, with its size; a video where this browser can record one. */
  offer() {
    const { gif, data } = this;
    const size = `${(gif.size / 1e6).toFixed(1)} MB`;
    const name = `${data.run}-film`;
    const link = h("a", { href: this.picture.src, download: `${name}.gif`, "data-part": "gif" }, `Save GIF (${size})`);
    this.saves.replaceChildren(link);
    const kind = kindOfVideo();
    if (!kind) return;
    const label = `Record as ${extension(kind).toUpperCase()} (20 s)`;
    const video = h("button", { type: "button", "data-part": "video" }, label);
    video.onclick = () => this.begin((signal) => this.recorded(kind, name, signal));
    this.saves.append(video);
  }

  async recorded(kind, name, signal) {
    const words = "Recording at the speed of the film …";
    const video = await record(this.gif, kind, (share) => this.tell(words, share), signal);
    const place = URL.createObjectURL(video);
    h("a", { href: place, download: `${name}.${extension(kind)}` }).click();
    setTimeout(() => URL.revokeObjectURL(place), 60_000);
    this.tell(`Saved: ${(video.size / 1e6).toFixed(1)} MB.`, 1);
  }

  destroy() {
    this.forget();
    this.element.remove();
  }
}

export default mounting(Film);
