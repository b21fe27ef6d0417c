// The colours of tokens.css, for what draws by itself: charts and canvases.

/** A colour of tokens.css by its name without dashes, as it is in the mode of `element`: "#0072b2" or "rgb(…)". */
export function colour(element, name) {
  const style = getComputedStyle(element);
  const told = style.getPropertyValue(`--${name}`).trim();
  if (!told.includes("(")) return told;
  const probe = document.createElement("i"); // light-dark() is decided only where it is used
  probe.style.color = `var(--${name})`;
  element.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}
