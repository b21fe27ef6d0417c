// More directions: which of them are sliders, what was not found well enough, and ways of one's own.
import { h } from "../base/dom.js";
import { SHOWN, described } from "./directions.js";
import { REACH } from "./latent-state.js";

const KINDS = {
  attribute: "Attributes",
  sefa: "SeFa: what changes the first layer most",
  pca: "PCA: along which w varies most",
  class: "Classes",
  own: "Your own",
};

export class Choosing {
  constructor(explorer, pins) {
    this.explorer = explorer;
    this.pins = pins;
    this.lists = h("div", { class: "explore-kinds", "data-part": "choices" });
    this.hidden = h("p", { class: "explore-missing" });
    this.from = h("select", { "aria-label": "From", "data-part": "from" });
    this.to = h("select", { "aria-label": "To", "data-part": "to" });
    const named = { "aria-label": "Name of the direction", "data-part": "way-name" };
    this.title = h("input", { type: "text", maxlength: 40, placeholder: "name", ...named });
    this.keep = h("button", { type: "button", class: "quiet", "data-part": "keep" }, "Save direction");
    this.keep.onclick = () => this.make();
    const ends = h("span", {}, "Direction from ", this.from, " to ", this.to);
    this.making = h("div", { class: "explore-making" }, ends, this.title, this.keep);
    this.element = h("div", { class: "explore-choosing" }, this.lists, this.hidden, this.making);
  }

  /** Where a way may begin and end. */
  places() {
    const { latent } = this.explorer;
    const pinned = this.pins.list.map((z, k) => [`pin ${k + 1}`, z]);
    return new Map([["start", latent.home], ["here", latent.z()], ...pinned]);
  }

  make() {
    const { explorer, title } = this;
    const places = this.places();
    const [from, to] = [this.from, this.to].map((select) => places.get(select.value));
    const way = to.map((value, i) => (value - from[i]) / REACH);
    if (!way.some(Boolean))
      return explorer.notice.tell("Start and end are the same: move the sample first, or take two pins.");
    const before = this.names();
    const name = explorer.directions.keep(title.value || `${this.from.value} to ${this.to.value}`, way);
    title.value = "";
    const measured = before.findLastIndex((other) => explorer.directions.find(other).kind !== "own");
    const out = before.length < SHOWN ? null : before.splice(measured, 1)[0]; // the last of all where all are own
    this.pick([...before, name]);
    const whose = out && described(explorer.directions.find(out)).title;
    explorer.notice.tell(out ? `${whose} made room for it: there are ${SHOWN} sliders at most. Choose them here.` : "");
  }

  names() {
    return this.explorer.directions.shown(new Map()).map(({ name }) => name);
  }

  pick(names) {
    this.explorer.directions.pick(names);
    this.explorer.changed();
  }

  fill() {
    const { directions } = this.explorer;
    offer(this.from, [...this.places().keys()], "start");
    offer(this.to, [...this.places().keys()], "here");
    const names = this.names();
    const told = JSON.stringify([directions.list.map(({ name, score }) => [name, score]), names, directions.hidden]);
    if (this.told === told) return;
    this.told = told;
    this.lists.replaceChildren(
      ...Object.keys(KINDS)
        .map((kind) => this.kind(kind, names))
        .filter(Boolean),
    );
    const scored = ({ name, measure, score }) => (score === null ? name : `${name} ${measure} ${score.toFixed(2)}`);
    const hidden = directions.hidden.map(scored).join(", ");
    const why = `Hidden, because z predicts it too poorly (${directions.least.join(", ")})`;
    this.hidden.textContent = hidden && `${why}: ${hidden}.`;
  }

  kind(kind, names) {
    const found = this.explorer.directions.list.filter((direction) => direction.kind === kind);
    if (!found.length) return null;
    return h("fieldset", {}, h("legend", {}, KINDS[kind]), ...found.map((direction) => this.choice(direction, names)));
  }

  choice(direction, names) {
    const { name, title, spoken, hint } = described(direction);
    const on = names.includes(name);
    const full = !on && names.length >= SHOWN;
    const box = h("input", { type: "checkbox", disabled: full, "data-direction": name });
    box.checked = on;
    box.onchange = () => this.pick(box.checked ? [...names, name] : names.filter((other) => other !== name));
    const label = h("label", { title: full ? `At most ${SHOWN} at a time` : hint }, box, title, h("small", {}, spoken));
    return direction.kind === "own" ? h("span", { class: "own" }, label, ...this.changes(name)) : label;
  }

  changes(name) {
    const { explorer } = this;
    const rename = h("button", { type: "button", class: "quiet", "aria-label": `Rename ${name}` }, "Rename");
    const away = h("button", { type: "button", class: "quiet", "aria-label": `Delete ${name}` }, "Delete");
    rename.onclick = () => {
      const field = h("input", { type: "text", maxlength: 40, "aria-label": `New name of ${name}` });
      field.value = name;
      rename.parentElement.replaceChildren(field);
      field.onchange = () => explorer.rename(name, field.value);
      field.onblur = () => ((this.told = ""), this.fill());
      field.focus();
    };
    away.onclick = () => explorer.forget(name);
    return [rename, away];
  }
}

function offer(select, names, otherwise) {
  const told = names.join("|");
  if (select.dataset.told === told) return;
  const before = select.value;
  select.dataset.told = told;
  select.replaceChildren(...names.map((name) => h("option", {}, name)));
  select.value = names.includes(before) ? before : otherwise;
}
