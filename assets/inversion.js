// An inversion as the server sends it: a line of JSON a tick, read while it comes.

/**
 * Yields {step, steps, errors: [R], z: [R Float32Array], pixels: [R Uint8Array], last, readings} for a POST of `body` to
 * `url`; `readings` comes with the last. Ends when `signal` aborts it. Throws an Error with a sentence for people, and
 * `retry` seconds where it is worth another try.
 */
export async function* ticks(url, body, signal) {
  const answer = await fetch(url, { method: "POST", body, signal });
  if (!answer.ok) {
    const told = await answer.json().catch(() => ({ error: `The server said ${answer.status}.` }));
    const retry = answer.status === 503 ? Number(answer.headers.get("Retry-After") ?? 1) : 0;
    throw Object.assign(new Error(told.error), { retry });
  }
  for await (const line of lines(answer.body)) {
    const tick = JSON.parse(line);
    if (tick.error) throw new Error(tick.error);
    const [z, pixels] = [bytes(tick.z), bytes(tick.pixels)];
    const count = tick.errors.length;
    yield { ...tick, z: split(new Float32Array(z.buffer), count), pixels: split(pixels, count) };
  }
}

async function* lines(stream) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    const parts = (rest + (value ?? "")).split("\n");
    rest = parts.pop();
    yield* parts.filter(Boolean);
    if (done) break;
  }
  if (rest) yield rest;
}

function bytes(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

function split(flat, count) {
  const size = flat.length / count;
  return Array.from({ length: count }, (_, k) => flat.slice(k * size, (k + 1) * size));
}
