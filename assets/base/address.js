// The page's address as state: each view declares its fields, everything else in the address stays as it is.

const REST = 400; // ms until the address follows; browsers refuse more than a few changes a second

/**
 * How a field stands in the address. `read` makes a value of its text, null where it is not there; `write` a text, or
 * null for what needs none because it is what a page without it shows.
 * @template T
 * @typedef {{ read(text: string | null): T, write(value: T): string | null }} Field
 */

/**
 * One of some words; the first is the usual one.
 * @param {string[]} words
 * @returns {Field<string>}
 */
export function word(words) {
  return {
    read: (text) => (words.includes(text) ? text : words[0]),
    write: (value) => (value === words[0] ? null : value),
  };
}

/**
 * A number from least to most; anything else is `usual`.
 * @param {number} least
 * @param {number} most
 * @param {number} usual
 * @param {{ whole?: boolean, always?: boolean }} [how] `always`: written even where it is the usual one
 * @returns {Field<number>}
 */
export function real(least, most, usual, { whole = false, always = false } = {}) {
  return {
    read(text) {
      const value = text === null || text.trim() === "" ? NaN : Number(text);
      return value >= least && value <= most && (!whole || Number.isInteger(value)) ? value : usual;
    },
    write: (value) => (Number.isNaN(value) || (!always && value === usual) ? null : String(value)),
  };
}

/** @param {{ always?: boolean }} [how] */
export const whole = (least, most, usual, how = {}) => real(least, most, usual, { ...how, whole: true });

/**
 * Any text; none is "".
 * @returns {Field<string>}
 */
export function text() {
  return { read: (found) => found ?? "", write: (value) => (value === "" ? null : String(value)) };
}

/** The part of an address that a view declares: its fields by name. */
export class Address {
  /** @param {Record<string, Field<any>>} fields */
  constructor(fields) {
    this.fields = fields;
    /** @type {Record<string, any>} what is not in the address yet */
    this.changes = {};
  }

  /**
   * The values of all fields; the usual ones where `query` has none.
   * @returns {any}
   */
  read(query = new URLSearchParams(location.search)) {
    return Object.fromEntries(Object.entries(this.fields).map(([name, { read }]) => [name, read(query.get(name))]));
  }

  /** Keeps values in the address, a moment later; null takes a field out. */
  put(values) {
    Object.assign(this.changes, values);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      const url = this.url();
      if (url !== location.href) history.replaceState(history.state, "", url);
      this.changes = {};
    }, REST);
  }

  /** The address with all changes. */
  url() {
    const url = new URL(location.href);
    for (const [name, value] of Object.entries(this.changes)) {
      if (!(name in this.fields)) throw new Error(`The address has no field ${name}`);
      const told = value === null ? null : this.fields[name].write(value);
      if (told === null) url.searchParams.delete(name);
      else url.searchParams.set(name, told);
    }
    return url.href;
  }

  /** Drops what is not in the address yet. */
  forget() {
    clearTimeout(this.timer);
    this.changes = {};
  }
}
