// Pointing at a place along the bottom of a chart: a click, or a drag that is followed.

const STILL_PX = 4; // a press that moves less is a click, also where a drag zooms

/**
 * Tells `onseek(place)` where a pointer presses in the drawn chart of `element`, and where it is dragged to. While the
 * chart's own zoom or pan is chosen, a drag belongs to that, and only a click counts.
 * @param {any} element in which Plotly has drawn
 * @param {(place: number) => void} onseek
 */
export function seeking(element, onseek) {
  element.style.touchAction = "pan-y"; // a finger that moves across is ours
  element.classList.add("base-seek");
  element.addEventListener("pointerdown", (press) => {
    if (press.button || !press.target.closest(".nsewdrag")) return;
    const tool = element._fullLayout.dragmode;
    const listening = new AbortController();
    const { signal } = listening;
    const end = () => listening.abort();
    let far = 0;
    const told = (event) => onseek(placeAt(element, event.clientX));
    const move = (event) => {
      far = Math.max(far, Math.abs(event.clientX - press.clientX), Math.abs(event.clientY - press.clientY));
      if (!tool && far >= STILL_PX) told(event);
    };
    const release = (event) => {
      move(event);
      if (far < STILL_PX) told(event);
      end();
    };
    window.addEventListener("pointermove", move, { signal });
    window.addEventListener("pointerup", release, { signal });
    window.addEventListener("pointercancel", end, { signal });
  });
}

/** Where along the bottom axis a pixel of the page is, within the ends of the axis. */
function placeAt(element, clientX) {
  const { xaxis } = element._fullLayout;
  const place = xaxis.p2d(clientX - element.getBoundingClientRect().left - xaxis._offset);
  const [first, last] = xaxis.range;
  return Math.min(last, Math.max(first, place));
}
