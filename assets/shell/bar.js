// One line over the page, for what has to be said where nothing else of the page is there.

const ID = "forger-says";
const STYLE =
  "position:fixed;inset:auto 0 0 0;z-index:2000000;padding:0.9rem 1.2rem;font:1rem/1.45 sans-serif;" +
  "color:#211e29;background:#fff3d6;border-top:3px solid #e69f00;white-space:pre-line";

/**
 * Shows a text, with a link behind it where there is one; null takes the line away.
 * @param {string | null} text
 * @param {{ href: string, words: string }} [link]
 */
export function bar(text, link) {
  const old = document.getElementById(ID);
  if (text === null) return old?.remove();
  if (old?.dataset.text === text) return;
  old?.remove();
  const line = document.createElement("div");
  line.id = ID;
  line.dataset.text = text;
  line.setAttribute("role", "alert");
  line.style.cssText = STYLE;
  line.textContent = text;
  if (link) {
    const a = document.createElement("a");
    Object.assign(a, { href: link.href, target: "_blank", rel: "noopener", textContent: link.words });
    a.style.cssText = "color:inherit;margin-left:0.6em";
    line.append(a);
  }
  document.body.append(line);
}
