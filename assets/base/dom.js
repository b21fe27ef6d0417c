// Building page elements without HTML strings, and numbers as people read them.

/**
 * An element with attributes and children; text goes in as text, never as markup.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, any>} [attributes] true sets one without a value, false and null leave it out
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** Puts a text into an element unless it is there already: the same text again would have the page laid out again. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Hides an element or shows it: telling it again what it does already would have its style reckoned again. */
export function hide(element, hidden) {
  if (element.hidden !== hidden) element.hidden = hidden;
}

/**
 * What has the focus in the document or the shadow root where an element stands.
 * @param {Element} element
 */
export function focusedIn(element) {
  const root = element.getRootNode();
  return root instanceof Document || root instanceof ShadowRoot ? root.activeElement : null;
}

/** @type {Intl.NumberFormat[]} by digits: one costs as much as a hundred numbers */
const FORMATS = [];

/** 12345.678 as "12,345.68"; null as an en dash. */
export function number(value, digits = 0) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  FORMATS[digits] ??= new Intl.NumberFormat("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return FORMATS[digits].format(value);
}

/** 0.1234 as "12 %". */
export function percent(share, digits = 0) {
  return `${number(100 * share, digits)} %`;
}

/** Seconds as "42 s", "3 min 20 s", "2 h 5 min". */
export function duration(seconds) {
  const s = Math.round(seconds);
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min${s % 60 ? ` ${s % 60} s` : ""}`;
  return `${Math.floor(s / 3600)} h ${Math.round((s % 3600) / 60)} min`;
}

/**
 * Draws a part anew; the focus stays with the control of the same data-do.
 * @param {HTMLElement} part
 * @param {(Node | string)[]} children
 */
export function redraw(part, ...children) {
  const held = focusedIn(part);
  const name = held instanceof HTMLElement && part.contains(held) ? held.dataset.do : "";
  part.replaceChildren(...children);
  if (name) /** @type {HTMLElement | null} */ (part.querySelector(`[data-do="${name}"]`))?.focus();
}
