/** An answer at the beginning of some bytes. */
export interface AnswerRead {
  readonly status: number;
  readonly body: Buffer;
  /** Number of bytes that it takes. */
  readonly end: number;
}

const HEAD_END = "\r\n\r\n";
const LINE_END = "\r\n";

/**
 * Reads an answer with a length or in chunks. Returns null while it is incomplete; throws for any other form. Source: RFC 9112. Pure.
 */
export function answerIn(bytes: Buffer): AnswerRead | null {
  const headEnd = bytes.indexOf(HEAD_END);
  if (headEnd < 0) return null;
  const head = bytes.toString("latin1", 0, headEnd);
  const status = /^HTTP\/1\.1 (\d{3})\b/.exec(head)?.[1];
  if (status === undefined) throw new Error("this is no answer in HTTP/1.1");
  const from = headEnd + HEAD_END.length;
  const length = /\r\ncontent-length: *(\d+) *(?:\r\n|$)/i.exec(head)?.[1];
  if (length !== undefined) {
    const end = from + Number(length);
    return bytes.length < end ? null : { status: Number(status), body: bytes.subarray(from, end), end };
  }
  if (!/\r\ntransfer-encoding: *chunked *(?:\r\n|$)/i.test(head))
    throw new Error("an answer without a length");
  const chunks = chunksIn(bytes, from);
  return chunks === null ? null : { status: Number(status), ...chunks };
}

/** Trailers are no part of our servers' answers. */
function chunksIn(bytes: Buffer, from: number): Pick<AnswerRead, "body" | "end"> | null {
  const chunks: Buffer[] = [];
  let at = from;
  while (true) {
    const lineEnd = bytes.indexOf(LINE_END, at);
    if (lineEnd < 0) return null;
    const size = /^([0-9a-f]{1,8})(?:;.*)?$/i.exec(bytes.toString("latin1", at, lineEnd))?.[1];
    if (size === undefined) throw new Error("a chunk without a size");
    const begin = lineEnd + LINE_END.length;
    const end = begin + Number.parseInt(size, 16);
    at = end + LINE_END.length;
    if (bytes.length < at) return null;
    if (bytes.toString("latin1", end, at) !== LINE_END) throw new Error("a chunk of another size");
    if (begin === end) return { body: Buffer.concat(chunks), end: at };
    chunks.push(bytes.subarray(begin, end));
  }
}
