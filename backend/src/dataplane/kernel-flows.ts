import { closeSync, openSync, readSync } from "node:fs";
import { readFile } from "node:fs/promises";

const FILE = "/proc/self/net/nf_conntrack";
/** Some 300 flows. Kernels before 6.16 walk their whole table for every 4 KiB, so more would hold up the event loop. Bytes. */
const MOST_AT_ONCE = 64 * 1024;

/**
 * The kernel's own list of flows, in the format of `conntrack -L`; null when the kernel is built without one, or it is longer than
 * `most`. A short list is read synchronously: each asynchronous read takes 10 ms while containers are stopping, and starting
 * `conntrack` takes 20 to 100 ms.
 */
export async function kernelFlows(most: number, file = FILE): Promise<string | null> {
  try {
    const listing = readUpTo(file, MOST_AT_ONCE) ?? (await readFile(file, "latin1"));
    return listing.length > most ? null : listing.replaceAll(/^ipv4 +2 /gm, "");
  } catch {
    return null;
  }
}

/** Null when the file is longer. */
function readUpTo(file: string, most: number): string | null {
  const chunk = Buffer.allocUnsafe(most);
  const fd = openSync(file, "r");
  try {
    let length = 0;
    while (length < most) {
      const read = readSync(fd, chunk, length, most - length, null);
      if (read === 0) return chunk.toString("latin1", 0, length);
      length += read;
    }
    return null;
  } finally {
    closeSync(fd);
  }
}
