// What was done to a run, in the few words that fit on a chart.

/** The events worth a mark, those of one step together: [{ at: event, text }], by step. */
export function marksOf(feed) {
  const marks = new Map();
  let rates = { lr_d: feed.columns.lr_d?.[0], lr_g: feed.columns.lr_g?.[0] };
  for (const event of feed.events) {
    const text = inWords(event, rates);
    if (event.event === "lr") rates = event;
    if (!text) continue;
    const found = marks.get(event.step);
    if (!found) marks.set(event.step, { at: event, text });
    else if (!found.text.includes(text)) found.text += `, ${text}`;
  }
  return [...marks.values()].sort((a, b) => a.at.step - b.at.step);
}

function inWords(event, rates) {
  switch (event.event) {
    case "lr":
      return [["lr_d", "D"], ["lr_g", "G"]]
        .filter(([name]) => event[name] !== rates[name])
        .map(([name, who]) => `lr ${who} ${event[name]}`)
        .join(", ");
    case "ratio":
      return `D:G ${event.d_steps}:${event.g_steps}`;
    case "stepped":
      return { d: "D alone", g: "G alone" }[event.what] ?? "one step";
    case "budget":
      return "new budget";
    case "paused":
    case "resumed":
    case "stopped":
    case "failed":
    case "collapsed":
      return event.event;
    default:
      return "";
  }
}
