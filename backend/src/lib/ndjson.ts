/** Longer lines are skipped: a tailscaled that reports its whole netmap exceeds it with some 2,500 devices. Characters. */
const MOST_LINE = 4 * 1024 * 1024;

/**
 * Splits a byte stream into the JSON values on its lines. Rejects with `SyntaxError` on a line that is not JSON. A line longer than
 * `MOST_LINE` is skipped without being held in memory.
 */
export async function* jsonLines(stream: AsyncIterable<Uint8Array | string>): AsyncGenerator<unknown> {
  const decoder = new TextDecoder();
  let rest = "";
  let skipping = false;
  for await (const chunk of stream) {
    const text = typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true });
    const end = text.lastIndexOf("\n");
    if (end === -1) {
      rest = skipping ? "" : rest + text;
    } else {
      const whole = (rest + text.slice(0, end)).split("\n");
      const lines = skipping ? whole.slice(1) : whole;
      skipping = false;
      rest = text.slice(end + 1);
      for (const line of lines) if (line.length <= MOST_LINE && line.trim() !== "") yield JSON.parse(line);
    }
    if (rest.length <= MOST_LINE) continue;
    rest = "";
    skipping = true;
  }
  if (rest.trim() !== "") yield JSON.parse(rest);
}
