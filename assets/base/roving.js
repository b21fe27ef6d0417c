// Many buttons as one stop of the Tab key: arrows lead from one to the next.

/**
 * Makes `buttons`, which lie in rows, one stop. It is the button that had the focus last.
 * @param {HTMLElement[]} buttons in the order in which they lie
 */
export function roving(buttons) {
  const stop = (wanted) => buttons.forEach((button) => (button.tabIndex = button === wanted ? 0 : -1));
  stop(buttons[0]);
  buttons.forEach((button, k) => {
    button.addEventListener("focus", () => stop(button));
    button.addEventListener("keydown", (event) => {
      const shown = buttons.filter(({ offsetParent }) => offsetParent);
      const row = shown.filter(({ offsetTop }) => offsetTop === shown[0].offsetTop).length || 1;
      const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -row, ArrowDown: row }[event.key];
      const next = by && shown[shown.indexOf(buttons[k]) + by];
      if (!by) return;
      event.preventDefault(); // nor does the page scroll
      next?.focus();
    });
  });
}
