// The Explore page's shell: three tabs over one run, one generator and one address.
import { Address } from "../base/address.js";
import { colours } from "../base/canvas.js";
import { h } from "../base/dom.js";
import { mounting } from "../base/mount.js";
import { address } from "../base/root.js";
import { tablist } from "../base/tabs.js";
import { generators } from "../engine/page.js";
import explorer from "./explorer.js";
import { FIELDS } from "./fields.js";

const TITLES = { explore: "Explore", draw: "Draw", quiz: "Quiz" };

/**
 * A tab is a script whose default export is `(root, context) => ({ show(), hide(), destroy() })`. It is loaded when
 * it is first opened; `show()` comes again when the data have changed, so it must do no harm twice.
 */
class Shell {
  constructor(root) {
    this.root = root;
    this.strip = tablist("What to do with the generator", (name) => this.open(name));
    this.tabPanels = h("div", { class: "explore-panels" });
    this.element = h(
      "section",
      { class: "explore", "aria-label": "Explore the latent space" },
      this.strip.element,
      this.tabPanels,
    );
    root.append(this.element);
    this.tabs = new Map(); // by name: {panel, module}
    this.context = new Context(this);
  }

  show(data) {
    const { context } = this;
    const other =
      context.data?.id !== data.id || context.data.z_dim !== data.z_dim || context.data.w_dim !== data.w_dim;
    context.data = data;
    if (data.vocabulary?.length) generators.served.set(data.id, "captions are read there");
    if (other) this.begin(data);
    this.element.classList.toggle("points", data.points);
    this.element.classList.toggle("small", !data.linked);
    this.strip.offer(this.names.map((name) => [name, TITLES[name] ?? name]));
    this.open(this.names.includes(this.name) ? this.name : "explore");
  }

  /** Another run: the state that its link brings, or a fresh one. */
  begin(data) {
    const { context } = this;
    context.forget();
    const link = new URLSearchParams(data.linked ? location.search : "");
    const mine = ["", data.id].includes(link.get("run") ?? "");
    const given = mine ? link : new URLSearchParams();
    const asked = context.address.read(given);
    context.asked = given.has("seed") ? asked : { ...asked, seed: data.first ?? asked.seed };
    context.step = data.step;
    this.name = context.address.read(link).tab;
    for (const { module } of this.tabs.values()) module?.destroy();
    this.tabs.clear();
    this.tabPanels.replaceChildren();
  }

  get names() {
    const { linked, points, tabs } = this.context.data;
    return linked && !points ? ["explore", ...Object.keys(tabs ?? {})] : ["explore"];
  }

  /** Shows one tab and hides the one before it; resolves once it is there. */
  async open(name) {
    const before = this.tabs.get(this.name);
    if (name !== this.name) {
      before?.module?.hide();
      this.context.link({ tab: name });
    }
    this.name = name;
    if (this.context.data.linked) document.documentElement.dataset.tab = name; // the words below are Explore's
    this.strip.press(name);
    for (const [other, { panel }] of this.tabs) panel.hidden = other !== name;
    const tab = this.tabs.get(name) ?? this.make(name);
    const module = await tab.loaded;
    if (this.tabs.get(name) === tab && this.name === name) module?.show();
    return module;
  }

  make(name) {
    const panel = h("div", { class: "explore-tab", role: "tabpanel", "aria-labelledby": `tab-${name}` });
    this.tabPanels.append(panel);
    const tab = { panel, module: null };
    tab.loaded = this.load(name, panel).then((module) => {
      if (this.tabs.get(name) === tab) return (tab.module = module);
      module?.destroy(); // another run was opened meanwhile
      return null;
    });
    this.tabs.set(name, tab);
    return tab;
  }

  async load(name, panel) {
    if (name === "explore") return explorer(panel, this.context);
    try {
      const url = address(this.context.data.tabs[name]);
      return (await import(url)).default(panel, this.context);
    } catch (error) {
      const why = `Not available because it could not be loaded: ${error.message}`;
      panel.append(h("p", { class: "explore-missing", role: "alert" }, why));
      return null;
    }
  }

  destroy() {
    this.context.forget();
    for (const { module } of this.tabs.values()) module?.destroy();
    if (this.context.data.linked) delete document.documentElement.dataset.tab;
    this.element.remove();
  }
}

/** What all tabs have in common: the run, the step, the address. */
class Context {
  constructor(shell) {
    this.shell = shell;
    this.data = null; // what ui/shared/explorer.py tells of the run
    this.step = null; // of the snapshot that is shown; null is the newest generator
    this.address = new Address(FIELDS);
    this.asked = this.address.read(new URLSearchParams()); // what the link asks for
    this.user = Array.from({ length: 4 }, () => Math.random().toString(36).slice(2, 8)).join("-");
  }

  /** The generator as the routes name it: "id", or "id@step". */
  model() {
    return this.step === null ? this.data.id : `${this.data.id}@${this.step}`;
  }

  /** Keeps fields in the address, or takes them out where the value is null; a moment later. */
  link(values) {
    if (this.data.linked) this.address.put({ run: this.data.id, ...values });
  }

  /** The address with all changes. */
  url() {
    return this.address.url();
  }

  /** Drops what is not in the address yet: it belongs to another run. */
  forget() {
    this.address.forget();
  }

  /** Opens the Explore tab with this z as its sample. */
  async explore(z) {
    (await this.shell.open("explore")).go(Float32Array.from(z));
  }

  /** The colours of the theme and of the grammar. */
  colours() {
    return colours(this.shell.element);
  }
}

/** data: what ui/shared/explorer.py tells of the run; `tabs` are the scripts of the further tabs, by name. */
export default mounting(Shell);
