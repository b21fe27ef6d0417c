// A style sheet that comes with the part of a page that needs it.
import { h } from "./dom.js";

/** Puts the style sheet at `address`, a URL, into `root`, which stays hidden until it has come. */
export function style(root, address) {
  const shown = () => (root.style.visibility = "");
  const link = h("link", { rel: "stylesheet", href: address.href });
  root.style.visibility = "hidden";
  link.onload = link.onerror = shown;
  root.append(link);
}
