// A picture that changes only once the next one is decoded, so that nothing flickers.
import { h } from "./dom.js";

export class Picture {
  /** @param {Record<string, string>} [attributes] of the image */
  constructor(attributes = {}) {
    /** @type {HTMLImageElement} */
    this.image = h("img", { decoding: "sync", draggable: "false", alt: "", hidden: true, ...attributes });
    this.asked = "";
  }

  clear() {
    this.asked = "";
    this.image.hidden = true;
    this.image.removeAttribute("src");
  }

  /**
   * Shows the picture at `url`. Resolves to whether it took the place of another one: not so when it is shown already,
   * is gone, or a newer one was asked for meanwhile.
   */
  async show(url, alt) {
    if (url === this.asked) return false;
    this.asked = url;
    const next = new Image();
    next.src = url;
    try {
      await next.decode();
    } catch {
      if (this.asked === url) this.asked = ""; // thinned out meanwhile: the next answer names another
      return false;
    }
    if (this.asked !== url) return false;
    Object.assign(this.image, { src: url, alt, hidden: false });
    return true;
  }
}
