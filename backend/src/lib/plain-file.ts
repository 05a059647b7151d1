import { closeSync, constants, fstatSync, openSync } from "node:fs";
import { lstat, open } from "node:fs/promises";
import { connect, Socket } from "node:net";

/*
 * For folders that somebody else can write: whoever reads there must not be sent elsewhere by a link, nor be kept waiting by a pipe.
 */

/** Source: open(2); Node has no name for it. */
const O_PATH = 0o10_000_000;

/** Rejects with the system's error, for a link that is `ELOOP`, and when it is no regular file or has more than `mostBytes`. */
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

/** Whether it is a folder, and no link to one. */
export async function isPlainFolder(path: string): Promise<boolean> {
  return await lstat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/**
 * Connects to a unix socket that is really there. The socket that is looked at is the one that is connected to, whatever is put in its
 * place meanwhile. Never throws; the socket has the error.
 */
export function connectPlainly(path: string): Socket {
  let place: number;
  try {
    place = openSync(path, O_PATH | constants.O_NOFOLLOW);
  } catch (error) {
    return broken(error);
  }
  const done = () => closeSync(place);
  if (!fstatSync(place).isSocket()) {
    done();
    return broken(Object.assign(new Error(`${path} is no socket`), { code: "ENOTSOCK" }));
  }
  // The kernel is asked before this returns.
  const socket = connect(`/proc/self/fd/${place}`);
  done();
  return socket;
}

function broken(error: unknown): Socket {
  const socket = new Socket();
  process.nextTick(() => socket.destroy(error instanceof Error ? error : new Error(String(error))));
  return socket;
}
