// The link to what is on the page, copied; or in a field, where a page may not write to the clipboard.
import { h } from "./dom.js";

const SHOWN = 1500; // ms that the button says so

export class Copier {
  constructor(explorer) {
    this.explorer = explorer;
    this.button = h("button", { type: "button", class: "quiet", "data-part": "copy" }, "Copy link");
    this.button.onclick = () => this.copy();
    this.field = h("input", { class: "url", type: "text", readonly: true, hidden: true, "aria-label": "Link to this view" });
  }

  async copy() {
    const { explorer, button, field } = this;
    explorer.write();
    try {
      await navigator.clipboard.writeText(explorer.studio.url());
      button.textContent = "Copied";
      setTimeout(() => (button.textContent = "Copy link"), SHOWN);
    } catch {
      field.hidden = false;
      field.value = explorer.studio.url();
      field.select();
    }
  }
}
