// Lists that this browser keeps, and files that it is given to keep.
import { ask } from "./http.js";

/** The list kept under a name; null where there is none. */
export function read(name) {
  try {
    const found = JSON.parse(localStorage.getItem(name));
    return Array.isArray(found) ? found : null;
  } catch {
    return null;
  }
}

/** Keeps a list; for this visit only in a browser that keeps nothing. */
export function write(name, list) {
  try {
    localStorage.setItem(name, JSON.stringify(list));
  } catch {
    return;
  }
}

/** Asks for a file and hands it to the browser's downloads. Returns what went wrong, or "". */
export async function download(url, body, name) {
  try {
    const place = URL.createObjectURL(await (await ask(url, { body })).blob());
    const link = document.createElement("a");
    Object.assign(link, { href: place, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(place), 60_000);
    return "";
  } catch (error) {
    return error.message;
  }
}
