import { closeSync, constants, fstatSync, openSync } from "node:fs";
import { lstat, open } from "node:fs/promises";
import { connect, Socket } from "node:net";

/*
 * For folders that others can write: a link must not redirect the reader, and a pipe must not block it.
 */

/** Source: open(2); Node has no constant for it. */
const O_PATH = 0o10_000_000;

/** Rejects with the system's error (`ELOOP` for a link), and for anything but a regular file of at most `mostBytes`. */
export async function readPlainFile(path: string, mostBytes: number): Promise<Buffer> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const found = await file.stat();
    if (!found.isFile() || found.size > mostBytes) throw new Error(`${path} is not a file of that kind`);
    return await file.readFile();
  } finally {
    await file.close();
  }
}

/** Returns whether it is a folder, and not a link to one. */
export async function isPlainFolder(path: string): Promise<boolean> {
  return await lstat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/**
 * Connects to a unix socket without following links. Checks and connects to the same file, even if somebody replaces it meanwhile.
 * Never throws; errors arrive on the socket.
 */
export function connectPlainly(path: string): Socket {
  let descriptor: number;
  try {
    descriptor = openSync(path, O_PATH | constants.O_NOFOLLOW);
  } catch (error) {
    return broken(error);
  }
  const done = () => closeSync(descriptor);
  if (!fstatSync(descriptor).isSocket()) {
    done();
    return broken(Object.assign(new Error(`${path} is no socket`), { code: "ENOTSOCK" }));
  }
  // `connect` reaches the kernel before it returns, so the descriptor may be closed.
  const socket = connect(`/proc/self/fd/${descriptor}`);
  done();
  return socket;
}

function broken(error: unknown): Socket {
  const socket = new Socket();
  process.nextTick(() => socket.destroy(error instanceof Error ? error : new Error(String(error))));
  return socket;
}
