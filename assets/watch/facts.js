// What does not move: the report card, the settings, the code.
import { h, number } from "../base/dom.js";

/** The report card, or why there is none. */
export function reportCard(report) {
  if (!report) return [h("p", {}, "This run has not been scored.")];
  const { step, n, split, findings, rows } = report;
  const about = `${number(n)} images of step ${number(step)} against ${split}. “Real” is what real images get: a perfect generator would, too.`;
  return [
    ...findings.map(({ name, text }) => h("p", {}, h("b", {}, `${name}. `), text)),
    h("p", { class: "watch-note" }, about),
    table(["score", "generated", "real", ""], rows),
  ];
}

/** The settings as a table. */
export function settingsTable(rows) {
  return table([], rows);
}

/** The code, and a button that saves it. */
export function codeView(code, name) {
  if (!code) return [h("p", {}, "Not available because the networks of this run cannot be written as one file.")];
  const save = h("button", { type: "button", "data-part": "save" }, "Save as a file");
  save.onclick = () => {
    const link = h("a", {
      href: URL.createObjectURL(new Blob([code], { type: "text/x-python" })),
      download: `${name}.py`,
    });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };
  return [
    h("p", {}, "This run as one PyTorch file, from its data to its loop. "),
    save,
    h("pre", { tabindex: 0 }, code),
  ];
}

function table(head, rows) {
  const line = (kind) => (cells) => h("tr", {}, ...cells.map((cell) => h(kind, {}, String(cell))));
  const top = head.length ? [h("thead", {}, line("th")(head))] : [];
  return h("div", { class: "watch-table" }, h("table", {}, ...top, h("tbody", {}, ...rows.map(line("td")))));
}
