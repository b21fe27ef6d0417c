// The browser's half of the doctor as a table that fills while it looks.
import { h } from "../base/dom.js";
import { mounting } from "../base/mount.js";
import { checks } from "./checks.js";

class Doctor {
  constructor(root) {
    this.body = h("tbody");
    const head = h("tr", {}, ...["This browser", "", ""].map((text) => h("th", {}, text)));
    this.element = h(
      "table",
      { class: "base-table", "data-testid": "doctor-browser" },
      h("thead", {}, head),
      this.body,
    );
    root.append(this.element);
    this.begun = false;
  }

  async show() {
    if (this.begun) return;
    this.begun = true;
    for await (const { name, state, text, advice } of checks()) {
      const cells = [h("th", {}, name), h("td", {}, state), h("td", {}, advice ? `${text} ${advice}` : text)];
      this.body.append(h("tr", { "data-state": state }, ...cells));
    }
    this.element.dataset.done = "";
  }

  destroy() {
    this.element.remove();
  }
}

export default mounting(Doctor);
