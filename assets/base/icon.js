// Small drawings in the colour of the text.

const PATHS = {
  play: "M5 3.5v9l8-4.5z",
  pause: "M4 3h3v10H4zM9 3h3v10H9z",
};

/**
 * A small drawing of PATHS. It is parsed, because elements of SVG cannot be made without naming an address.
 * @param {string} name
 */
export function icon(name) {
  const template = document.createElement("template");
  // eslint-disable-next-line no-restricted-syntax -- of PATHS alone
  template.innerHTML = `<svg viewBox="0 0 16 16" aria-hidden="true"><path d="${PATHS[name]}" fill="currentColor"/></svg>`;
  return /** @type {SVGSVGElement} */ (template.content.firstElementChild);
}
