// Where the app is: the one place that knows it. A proxy may put it into any folder of any host.

/**
 * The app's root, told by the address of this script: below it stand the scripts, with the hash of all of them or without.
 * @param {string} url
 */
export function rootOf(url) {
  return new URL(url.replace(/assets\/(?:[0-9a-f]{12}\/)?base\/root\.js(?:[?#].*)?$/, ""));
}

export const ROOT = rootOf(import.meta.url);

/** The address of a route or picture of the app, told from its root. */
export function address(path) {
  return new URL(path.replace(/^\//, ""), ROOT).href;
}
