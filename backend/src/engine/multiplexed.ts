/** More than anything that we read intentionally. */
const MOST_BYTES = 1024 * 1024;
const HEAD_BYTES = 8;

/**
 * Returns the text of a stream that multiplexes standard output and standard error: each chunk has an eight-byte header whose last four
 * bytes are its length. Drops everything beyond 1 MiB. Source: 'Stream format' in the Engine API, `ContainerAttach`.
 */
export async function demultiplexed(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > MOST_BYTES) break;
  }
  const all = Buffer.concat(chunks);
  const pieces: Uint8Array[] = [];
  for (let at = 0; at + HEAD_BYTES <= all.length; ) {
    const end = at + HEAD_BYTES + all.readUInt32BE(at + 4);
    pieces.push(all.subarray(at + HEAD_BYTES, end));
    at = end;
  }
  return Buffer.concat(pieces).toString("utf8");
}
