// A ring around a part of the page, which lets every press through, and where that part is to be found.
import { h } from "./dom.js";

const AROUND = 5; // px between the part and its ring

/**
 * The first element that can be seen of those that a selector finds, also in shadow roots.
 * @param {string} selector
 * @param {Document | ShadowRoot} [root]
 * @returns {HTMLElement | null}
 */
export function find(selector, root = document) {
  const all = /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll(selector));
  const here = [...all].find(seen);
  if (here) return here;
  for (const host of root.querySelectorAll("*")) {
    const inside = host.shadowRoot && find(selector, host.shadowRoot);
    if (inside) return inside;
  }
  return null;
}

function seen(element) {
  const { width, height } = element.getBoundingClientRect();
  return width > 0 && height > 0 && element.checkVisibility({ visibilityProperty: true });
}

export class Ring {
  /** @param {string} name its class */
  constructor(name) {
    this.element = h("div", { class: `ring ${name}`, hidden: true, "aria-hidden": "true" });
  }

  /** Lies around an element where it is now; null is nowhere. @param {Element | null} target */
  around(target) {
    const box = target?.isConnected ? target.getBoundingClientRect() : null;
    this.element.hidden = !box?.width;
    if (this.element.hidden) return;
    const place = { left: box.left - AROUND, top: box.top - AROUND };
    const size = { width: box.width + 2 * AROUND, height: box.height + 2 * AROUND };
    for (const [name, value] of Object.entries({ ...place, ...size }))
      this.element.style[name] = `${Math.round(value)}px`;
  }
}
