/** Far longer than any line of an engine or of tailscaled. Characters. */
const MOST_LINE = 4 * 1024 * 1024;

/**
 * Splits a byte stream into the JSON values on its lines. Rejects with `SyntaxError` on a line that is not JSON, and with
 * `RangeError` on a line that is too long, to limit memory. The reader must then reopen the stream.
 */
export async function* jsonLines(stream: AsyncIterable<Uint8Array | string>): AsyncGenerator<unknown> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const text = typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true });
    const end = text.lastIndexOf("\n");
    const lines = end === -1 ? [] : (rest + text.slice(0, end)).split("\n");
    rest = end === -1 ? rest + text : text.slice(end + 1);
    for (const line of lines) if (line.trim() !== "") yield JSON.parse(line);
    if (rest.length > MOST_LINE) throw new RangeError(`a line is longer than ${MOST_LINE} characters`);
  }
  if (rest.trim() !== "") yield JSON.parse(rest);
}
