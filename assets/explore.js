// The Explore page's shell: three tabs over one run, one generator and one address.
import { colours } from "./canvases.js";
import explorer from "./explorer.js";
import { h } from "./dom.js";

const TITLES = { explore: "Explore", draw: "Draw", quiz: "Quiz" };
const REST = 400; // ms until the address follows

const shells = new WeakMap();

/** data: what ui/explorer.py tells of the run; `tabs` are the scripts of the further tabs, by name. */
export default function mount({ parentElement, data }) {
  const shell = shells.get(parentElement) ?? new Shell(parentElement);
  shells.set(parentElement, shell);
  shell.show(data);
  const mounted = (shell.mounted = {});
  return () => {
    if (shell.mounted !== mounted) return; // a later call took over
    shell.destroy();
    shells.delete(parentElement);
  };
}

/**
 * A tab is a script whose default export is `(root, studio) => ({ show(), hide(), destroy() })`. It is loaded when
 * it is first opened; `show()` comes again when the data have changed, so it must do no harm twice.
 */
class Shell {
  constructor(root) {
    this.root = root;
    this.strip = h("div", { class: "tabs", role: "tablist", "aria-label": "What to do with the generator" });
    this.rooms = h("div", { class: "rooms" });
    this.element = h("section", { class: "explorer", "aria-label": "Explore the latent space" }, this.strip, this.rooms);
    root.append(this.element);
    this.tabs = new Map(); // by name: {room, module}
    this.studio = new Studio(this);
  }

  show(data) {
    const { studio } = this;
    const other = studio.data?.id !== data.id || studio.data.z_dim !== data.z_dim;
    studio.data = data;
    if (other) this.begin(data);
    this.element.classList.toggle("points", data.points);
    this.element.classList.toggle("small", !data.linked);
    this.layout();
    this.open(this.names.includes(this.name) ? this.name : "explore");
  }

  /** Another run: the state that its link brings, or a fresh one. */
  begin(data) {
    const { studio } = this;
    studio.forget();
    const query = new URLSearchParams(data.linked ? location.search : "");
    const mine = [null, data.id].includes(query.get("run"));
    studio.query = mine ? query : new URLSearchParams();
    studio.step = data.step;
    this.name = query.get("tab") ?? "explore";
    for (const { module } of this.tabs.values()) module?.destroy();
    this.tabs.clear();
    this.rooms.replaceChildren();
  }

  get names() {
    const { linked, points, tabs } = this.studio.data;
    return linked && !points ? ["explore", ...Object.keys(tabs ?? {})] : ["explore"];
  }

  layout() {
    this.strip.hidden = this.names.length < 2;
    const told = this.names.join();
    if (this.strip.dataset.names === told) return;
    this.strip.dataset.names = told;
    this.strip.replaceChildren(
      ...this.names.map((name) => {
        const tab = h("button", { type: "button", role: "tab", id: `tab-${name}`, "data-tab": name });
        tab.textContent = TITLES[name] ?? name;
        tab.onclick = (event) => {
          if (event.detail) tab.blur(); // a pointer: the keyboard is for what the tab shows
          this.open(name);
        };
        return tab;
      }),
    );
    this.strip.onkeydown = (event) => this.turn(event);
  }

  /** Left and right move between tabs, as in every tab list. */
  turn(event) {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const { names } = this;
    this.open(names[(names.indexOf(this.name) + by + names.length) % names.length]);
    this.strip.querySelector("[aria-selected=true]").focus();
  }

  /** Shows one tab and hides the one before it; resolves once it is there. */
  async open(name) {
    const before = this.tabs.get(this.name);
    if (name !== this.name) {
      before?.module?.hide();
      this.studio.link({ tab: name === "explore" ? null : name });
    }
    this.name = name;
    if (this.studio.data.linked) document.documentElement.dataset.tab = name; // the words below are Explore's
    for (const tab of this.strip.children) {
      const here = tab.dataset.tab === name;
      tab.setAttribute("aria-selected", here);
      tab.tabIndex = here ? 0 : -1;
    }
    for (const [other, { room }] of this.tabs) room.hidden = other !== name;
    const tab = this.tabs.get(name) ?? this.make(name);
    const module = await tab.loaded;
    if (this.tabs.get(name) === tab && this.name === name) module?.show();
    return module;
  }

  make(name) {
    const room = h("div", { class: `room ${name}`, role: "tabpanel", "aria-labelledby": `tab-${name}` });
    this.rooms.append(room);
    const tab = { room, module: null };
    tab.loaded = this.load(name, room).then((module) => {
      if (this.tabs.get(name) === tab) return (tab.module = module);
      module?.destroy(); // another run was opened meanwhile
      return null;
    });
    this.tabs.set(name, tab);
    return tab;
  }

  async load(name, room) {
    if (name === "explore") return explorer(room, this.studio);
    try {
      const url = new URL(this.studio.data.tabs[name], location.origin).href;
      return (await import(url)).default(room, this.studio);
    } catch (error) {
      const why = `Not available because it could not be loaded: ${error.message}`;
      room.append(h("p", { class: "missing", role: "alert" }, why));
      return null;
    }
  }

  destroy() {
    this.studio.forget();
    for (const { module } of this.tabs.values()) module?.destroy();
    if (this.studio.data.linked) delete document.documentElement.dataset.tab;
    this.element.remove();
  }
}

/** What all tabs have in common: the run, the step, the address. */
class Studio {
  constructor(shell) {
    Object.assign(this, { shell, data: null, step: null, query: new URLSearchParams(), changes: {} });
    this.user = Array.from({ length: 4 }, () => Math.random().toString(36).slice(2, 8)).join("-");
  }

  /** The generator as the routes name it: "id", or "id@step". */
  model() {
    return this.step === null ? this.data.id : `${this.data.id}@${this.step}`;
  }

  /** Keeps names in the address, or takes them out where the value is null; a moment later. */
  link(changes) {
    if (!this.data.linked) return;
    Object.assign(this.changes, changes);
    clearTimeout(this.writing);
    this.writing = setTimeout(() => {
      history.replaceState(history.state, "", this.url());
      this.changes = {};
    }, REST);
  }

  /** The address with all changes. */
  url() {
    const url = new URL(location.href);
    for (const [name, value] of Object.entries({ run: this.data.id, ...this.changes })) {
      if (value === null) url.searchParams.delete(name);
      else url.searchParams.set(name, value);
    }
    return url.href;
  }

  /** Drops what is not in the address yet: it belongs to another run. */
  forget() {
    clearTimeout(this.writing);
    this.changes = {};
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
