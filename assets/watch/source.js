// What a feed is told by the files of a run: now.json says which count, the others never change.

/** As run-feed.js has it. */
export class Source {
  /** @param {import("./files.js").Files} files */
  constructor(files) {
    this.files = files;
    this.quick = false;
    this.words = "";
    this.samples = "";
  }

  address(path) {
    return this.files.url(path);
  }

  /** The JSON of a file. */
  async json(name, anew = false) {
    return JSON.parse(new TextDecoder().decode(await this.files.read(name, anew)));
  }

  /** What a feed does not have yet, as `GET …/series` answers; parts that are as they were are null. */
  async series(feed) {
    const { pieces, words, samples, ...now } = await this.json("now.json", true);
    const anew = { columns: {}, checks: {}, control: null, events: null, about: null, samples: null };
    if (!feed.fresh && (now.generation !== feed.generation || now.seq < feed.seq)) return { ...now, ...anew };
    const start = feed.fresh ? -1 : feed.seq;
    const wanted = pieces.filter(([, last]) => feed.fresh || last > start).map(([name]) => this.json(name));
    for (const { columns, checks } of await Promise.all(wanted)) {
      append(anew.columns, columns, start);
      append(anew.checks, checks, start);
    }
    if (feed.fresh || words !== this.words) Object.assign(anew, await this.json(words));
    if (feed.fresh || JSON.stringify(samples) !== this.samples) anew.samples = samples;
    [this.words, this.samples] = [words, JSON.stringify(samples)];
    return { ...now, ...anew };
  }
}

/** Adds the rows of a piece whose record is after `start`; a column that one of them lacks has nulls there. */
function append(all, piece, start) {
  const seqs = piece.seq ?? [];
  const first = seqs.findIndex((seq) => seq > start);
  if (first < 0) return;
  const before = all.seq?.length ?? 0;
  for (const name of new Set([...Object.keys(all), ...Object.keys(piece)])) {
    all[name] ??= new Array(before).fill(null);
    const values = piece[name] ?? new Array(seqs.length).fill(null);
    for (const value of values.slice(first)) all[name].push(value);
  }
}
