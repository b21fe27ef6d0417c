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

/** Where the pointer is on the element: x and y in 0..1. */
export function place(event, element) {
  const box = element.getBoundingClientRect();
  const within = (value) => Math.max(0, Math.min(0.9999, value));
  return [within((event.clientX - box.left) / box.width), within((event.clientY - box.top) / box.height)];
}
