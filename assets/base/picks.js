// What this tab picked of the question to the class; a page that is loaded again, or shows another run, still knows.
const KEY = "forger-picks"; // [id of a question, place of the answer]

/** The place of the answer that was picked, null before that. */
export function pickOf(question) {
  const [id, pick] = JSON.parse(sessionStorage.getItem(KEY) ?? "[]");
  return id === question ? pick : null;
}

export function notePick(question, pick) {
  sessionStorage.setItem(KEY, JSON.stringify([question, pick]));
}
