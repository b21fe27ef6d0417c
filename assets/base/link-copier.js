// The link to what is on the page, copied; or in a field, where a page may not write to the clipboard.
import { h } from "./dom.js";

const SHOWN_MS = 1500; // that the button says so

export class LinkCopier {
  /**
   * @param {string} text of the button
   * @param {string} what the link leads to, for a screen reader
   * @param {() => string} address the link as it is now
   */
  constructor(text, what, address) {
    this.text = text;
    this.address = address;
    this.button = h("button", { type: "button", "data-part": "copy" }, text);
    this.button.onclick = () => this.copy();
    this.field = h("input", { class: "base-link", type: "text", readonly: true, hidden: true, "aria-label": what });
  }

  async copy() {
    const { button, field } = this;
    const address = this.address();
    try {
      await navigator.clipboard.writeText(address);
      button.textContent = "Copied";
      setTimeout(() => (button.textContent = this.text), SHOWN_MS);
    } catch {
      field.hidden = false; // without https a page may not write to the clipboard
      field.value = address;
      field.select();
    }
  }
}
