// The files of a run by their names: behind a web server, or inside the page itself.

const PATIENCE = 8000; // ms for one answer

/**
 * Where files come from. `url` is an address that a picture can have; `read` throws where there is no such file. `age`: for
 * how many ms the file that was asked for anew last has been as it is, as far as its server tells.
 * @typedef {{read: (name: string, anew?: boolean) => Promise<ArrayBuffer>, url: (name: string) => string, age?: number}} Files
 */

/** @implements {Files} */
export class Folder {
  /** @param {string} base the address of the folder, with a slash at its end */
  constructor(base) {
    this.base = base;
    this.age = 0;
  }

  url(name) {
    return new URL(name, this.base).href;
  }

  async read(name, anew = false) {
    const signal = AbortSignal.timeout(PATIENCE);
    const answer = await fetch(this.url(name), { cache: anew ? "no-cache" : "default", signal });
    if (!answer.ok) throw Object.assign(new Error(`${name} is not there (${answer.status}).`), { status: 0 });
    if (anew) this.age = age(answer.headers);
    return answer.arrayBuffer();
  }
}

/** By the server's own clock; 0 where it tells none. */
function age(headers) {
  const [now, then] = ["Date", "Last-Modified"].map((name) => Date.parse(headers.get(name) ?? ""));
  return now > then ? now - then : 0;
}

/** @implements {Files} */
export class Inside {
  /** @param {ArrayBuffer} whole the length of an index (uint32), the index and the bytes of all files */
  constructor(whole) {
    const end = 4 + new DataView(whole).getUint32(0, true);
    this.index = JSON.parse(new TextDecoder().decode(new Uint8Array(whole, 4, end - 4)));
    this.whole = whole;
    this.start = end;
    /** @type {Map<string, string>} */
    this.urls = new Map();
  }

  /**
   * The files in a text: base64 of gzip of them.
   * @param {string} text
   */
  static async of(text) {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Inside(await new Response(stream).arrayBuffer());
  }

  async read(name) {
    if (!(name in this.index)) throw new Error(`${name} is not in this page.`);
    const [at, length] = this.index[name];
    return this.whole.slice(this.start + at, this.start + at + length);
  }

  url(name) {
    if (!(name in this.index)) return "";
    if (!this.urls.has(name)) {
      const [at, length] = this.index[name];
      const type = name.endsWith(".webp") ? "image/webp" : "application/octet-stream";
      const blob = new Blob([new Uint8Array(this.whole, this.start + at, length)], { type });
      this.urls.set(name, URL.createObjectURL(blob));
    }
    return this.urls.get(name) ?? "";
  }
}
