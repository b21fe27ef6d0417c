// One way to put a view into a page of Streamlit, which calls a component again whenever its data or the theme change.

/**
 * The default export of a component's script. `View` is made with the element to stand in; `show(data, tell)` comes first
 * and at every change, `destroy()` at the end. `tell(name, value)` runs the page with a value that its Python side hears.
 * @param {new (root: HTMLElement) => { show(data: any, tell?: (name: string, value: any) => void): void, destroy(): void }} View
 */
export function mounting(View) {
  const views = new WeakMap(); // element: {view, mounted}
  return function mount({ parentElement: root, data, setTriggerValue }) {
    const entry = views.get(root) ?? { view: new View(root) };
    views.set(root, entry);
    entry.view.show(data, setTriggerValue);
    const mounted = (entry.mounted = {});
    return () => {
      if (entry.mounted !== mounted) return; // a later call took over
      entry.view.destroy();
      views.delete(root);
    };
  };
}
