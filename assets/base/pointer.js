// Pointers on an element, mouse and finger alike, as places between 0 and 1.

/** Calls `moved(x, y)` with the place in 0..1 while a pointer is held down on the element. */
export function onDrag(element, moved) {
  element.onpointerdown = (event) => {
    element.setPointerCapture(event.pointerId);
    moved(...place(event, element));
  };
  element.onpointermove = (event) => {
    if (element.hasPointerCapture(event.pointerId)) moved(...place(event, element));
  };
}

/**
 * Calls `moved(share)` with a place on the track, 0 to 1, while a mouse drags the thumb of a range input, and leaves it
 * to the caller to draw the thumb: by itself it would be drawn for every movement, each time a frame of the whole page.
 * A finger's drag and the keyboard stay the browser's own. `thumb` is its width in pixels.
 */
export function onSlide(input, thumb, moved) {
  let [left, width] = [0, 1]; // of the way of the thumb's middle; asked once a drag: the page would be laid out for it
  const at = (event) => (event.clientX - left) / width;
  let seized = 0; // how far from the middle of the thumb
  input.onpointerdown = (event) => {
    if (event.pointerType === "touch" || event.button !== 0) return;
    event.preventDefault(); // no mouse events, so no drag by the browser
    input.focus({ preventScroll: true });
    input.setPointerCapture(event.pointerId);
    const [box, size] = [input.getBoundingClientRect(), thumb()];
    [left, width] = [box.left + size / 2, box.width - size];
    const off = at(event) - (input.value - input.min) / (input.max - input.min);
    const within = Math.abs(off) * width <= size / 2;
    seized = within ? off : 0;
    if (!within) moved(at(event));
  };
  input.onpointermove = (event) => {
    if (input.hasPointerCapture(event.pointerId)) moved(at(event) - seized);
  };
}

/** Where the pointer is on the element: x and y in 0..1. */
export function place(event, element) {
  const box = element.getBoundingClientRect();
  const within = (value) => Math.max(0, Math.min(0.9999, value));
  return [within((event.clientX - box.left) / box.width), within((event.clientY - box.top) / box.height)];
}
