// Rows of buttons of which one is chosen: what a part shows, or which part is shown.
import { h } from "./dom.js";

/**
 * Choices of what a part of the page shows; their names stand in data-`key`.
 * @param {string} label what is chosen
 * @param {string[][]} options name and text of each
 * @param {(name: string) => void} picked
 * @param {string} [key]
 */
export function choices(label, options, picked, key = "id") {
  const buttons = options.map(([name, text]) => {
    const button = h("button", { type: "button", "aria-pressed": "false", [`data-${key}`]: name }, text);
    button.addEventListener("click", () => {
      picked(name);
      button.scrollIntoView({ block: "nearest", inline: "nearest" });
    });
    return button;
  });
  const each = (act) => buttons.forEach((button, k) => act(button, options[k][0]));
  return {
    element: h("div", { class: "base-tabs", role: "group", "aria-label": label }, ...buttons),
    /** Marks one as chosen, and brings it into the sight of a strip that scrolls. */
    press: (name) =>
      each((button, own) => {
        button.setAttribute("aria-pressed", String(own === name));
        if (own === name) reveal(button);
      }),
    /** Leaves those out that have nothing to show. */
    offer: (useful) => each((button, own) => (button.hidden = !useful(own))),
  };
}

const FADE = 40; // pixels at the end of a strip that are not seen clearly

/** Scrolls the strip of a button, and nothing else, until all of it can be seen. */
function reveal(button) {
  const strip = button.parentElement;
  const [around, own] = [strip, button].map((element) => element.getBoundingClientRect());
  if (own.right > around.right - FADE) strip.scrollLeft += own.right - around.right + FADE;
  else if (own.left < around.left + FADE) strip.scrollLeft -= around.left + FADE - own.left;
}

/**
 * Tabs proper: each has a panel. Left and right move between them, as in every tab list.
 * @param {string} label
 * @param {(name: string) => void} opened
 */
export function tablist(label, opened) {
  const element = h("div", { class: "explore-tabs", role: "tablist", "aria-label": label });
  let names = [];
  let chosen = "";
  element.onkeydown = (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by) return;
    event.preventDefault();
    opened(names[(names.indexOf(chosen) + by + names.length) % names.length]);
    /** @type {HTMLElement} */ (element.querySelector("[aria-selected=true]")).focus();
  };
  const tab = ([name, title]) => {
    const made = h("button", { type: "button", role: "tab", id: `tab-${name}`, "data-tab": name }, title);
    made.onclick = (event) => {
      if (event.detail) made.blur(); // a pointer: the keyboard is for what the tab shows
      opened(name);
    };
    return made;
  };
  return {
    element,
    /** Which tabs there are, [[name, title]]; one alone is not shown. */
    offer(titles) {
      element.hidden = titles.length < 2;
      const told = titles.map(([name]) => name);
      if (told.join() === names.join()) return;
      names = told;
      element.replaceChildren(...titles.map(tab));
    },
    press(name) {
      chosen = name;
      for (const one of element.querySelectorAll("button")) {
        const here = one.dataset.tab === name;
        one.setAttribute("aria-selected", String(here));
        one.tabIndex = here ? 0 : -1;
      }
    },
  };
}
