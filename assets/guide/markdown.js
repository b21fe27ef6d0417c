// The little Markdown of a lesson's steps as elements: paragraphs, lists, **bold**, *italic*, `code`. Never markup.
import { h } from "../base/dom.js";

const MARKS = /(\*\*[^*]+\*\*|\*[^*\n]+\*|`[^`]+`)/;

/** @param {string} text */
export function rendered(text) {
  return text
    .split(/\n\s*\n/)
    .filter((part) => part.trim())
    .map(block);
}

function block(part) {
  const lines = part.trim().split("\n");
  if (!lines.every((line) => /^(- | {2})/.test(line))) return h("p", {}, ...spans(lines.join(" ")));
  const items = lines.reduce((all, line) => {
    if (line.startsWith("- ")) all.push(line.slice(2));
    else all.push(`${all.pop() ?? ""} ${line.trim()}`);
    return all;
  }, []);
  return h("ul", {}, ...items.map((item) => h("li", {}, ...spans(item))));
}

/** @returns {(Node | string)[]} */
function spans(text) {
  return text
    .split(MARKS)
    .filter(Boolean)
    .map((part) => {
      if (part.startsWith("**") && part.length > 4) return h("strong", {}, part.slice(2, -2));
      if (part.startsWith("*") && part.length > 2) return h("em", {}, part.slice(1, -1));
      if (part.startsWith("`") && part.length > 2) return h("code", {}, part.slice(1, -1));
      return part;
    });
}
