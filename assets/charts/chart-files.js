// A chart as files: its numbers as CSV, itself as PNG.

import { h } from "../base/dom.js";
import { colour } from "../base/colours.js";
import { plotly } from "./plot.js";

/** Rows as CSV; null is an empty field. */
export function csv(head, rows) {
  const field = (value) => {
    const text = value === null || value === undefined ? "" : String(value);
    return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [head, ...rows].map((row) => row.map(field).join(",")).join("\n") + "\n";
}

/**
 * The records of runs, { feed, name }, as a table: one row each, the columns that a chart draws.
 * @param {{feed: any, name: string}[]} runs
 * @param {string[]} columns
 */
export function tableOf(runs, columns) {
  const along = ["step", "images", "seconds"];
  const wanted = columns.filter((column) => !along.includes(column));
  const rows = runs.flatMap(({ feed, name }) =>
    Array.from({ length: feed.length }, (_, k) => [
      name,
      ...[...along, ...wanted].map((column) => feed.columns[column]?.[k] ?? null),
    ]).filter((row) => row.slice(1 + along.length).some((value) => value !== null)),
  );
  return csv(["run", ...along, ...wanted], rows);
}

/** What Plotly has drawn, whatever it is, as a table: one row a point. */
export function drawnTable({ data }) {
  const rows = data.flatMap(({ name, x, y }) => Array.from(x, (place, k) => [name, place, y[k]]));
  return csv(["line", "x", "y"], rows);
}

/** Hands a text over as a file. */
export function save(text, name) {
  const place = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  hand(place, name);
  setTimeout(() => URL.revokeObjectURL(place), 60_000);
}

/** Hands over what Plotly has drawn in `element` as a picture, on paper of the page's colour. */
export async function savePicture(element, name) {
  const Plotly = await plotly();
  const { clientWidth: width, clientHeight: height } = element;
  const layout = { ...element.layout, paper_bgcolor: colour(element, "paper") };
  const url = await Plotly.toImage({ data: element.data, layout }, { format: "png", width, height, scale: 2 });
  hand(url, name);
}

function hand(href, download) {
  h("a", { href, download }).click();
}
