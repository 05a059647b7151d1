import { basename } from "node:path";
import { AppError, type Fault } from "@tailnet-share/contract/errors";
import type { SetAsideFile, UnmovableFile } from "./set-aside.ts";

/** Result of opening a store, for the panel. */
export interface Finding {
  /** Files set aside since the last change. */
  readonly setAside: readonly SetAsideFile[];
  /** Files that could not be set aside. */
  readonly stuck: readonly UnmovableFile[];
  readonly used: Used;
}

export type Used =
  | { readonly from: "file" }
  /** `modified`: when it was written. */
  | { readonly from: "last-good"; readonly modified: Date }
  | { readonly from: "nothing" };

/** Returns null if everything is in order. */
export function faultOf(path: string, { setAside, stuck, used }: Finding): Fault | null {
  const name = basename(path);
  const consequence = consequenceOf(name, used);
  if (setAside.length === 0 && stuck.length === 0) {
    if (used.from !== "last-good") return null;
    return {
      code: "STORE_DAMAGED",
      message: `${name} was missing; ${consequence}.`,
      hint: "Check that your shares are as you left them.",
    };
  }
  const newer = [...setAside, ...stuck].some(({ kind }) => kind === "newer");
  const what = newer ? "was written by a newer release" : "was damaged";
  const which = used.from === "file" ? `A copy of ${name}` : name;
  const kept = [
    ...(setAside.length > 0 ? [`was moved to ${setAside.map((file) => file.name).join(" and ")}`] : []),
    ...stuck.map((file) => `could not be moved away (${file.reason}), so nothing can be changed`),
  ].join(", ");
  return {
    code: "STORE_DAMAGED",
    message: `${which} ${what}. It ${kept}; ${consequence}.`,
    hint: newer ? NEWER_HINT : hintFor(used),
  };
}

const REPAIR =
  "repair that file without its line 'checksum', put it back under its old name and restart Tailnet Share.";
const NEWER_HINT =
  "Update Tailnet Share. Nothing was overwritten: to have back what the newer release stored, put that file back under its old name after the update.";

function hintFor(used: Used): string {
  if (used.from === "file") return "Nothing was lost. If it happens again, check the disk.";
  if (used.from === "last-good")
    return "Check that your shares are as you left them. If it happens again, check the disk.";
  return `Share again what you need, or ${REPAIR}`;
}

function consequenceOf(name: string, used: Used): string {
  if (used.from === "file") return `${name} itself is intact and in use`;
  if (used.from === "last-good") return `the copy from ${timeOf(used.modified)} is in use`;
  return "there was no good copy, so Tailnet Share started without it";
}

/** Formats a time to the minute, for display. */
function timeOf(time: Date): string {
  return `${time.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

/** The fault of a new value that is in place, but less safely than it should be. Returns null if nothing went wrong. */
export function doubtOf(path: string, cause: unknown): Fault | null {
  if (cause === null) return null;
  return {
    code: "STORE_UNWRITABLE",
    message: `${basename(path)} was written, but its last good copy was not, or the disk did not confirm it: ${codeOf(cause)}.`,
    hint: "Check Tailnet Share's volume. The next change tries again.",
  };
}

/** For `catch`: throws the error that the user sees. Rethrows an `AppError` unchanged. */
export function unwritable(path: string): (cause: unknown) => never {
  return (cause) => {
    if (cause instanceof AppError) throw cause;
    const code = codeOf(cause);
    const hint = READ_ONLY.has(code)
      ? "Make Tailnet Share's volume writable, then try again."
      : "Free some disk space and check Tailnet Share's volume, then try again.";
    const message = `${basename(path)} cannot be written: ${code}.`;
    throw new AppError("STORE_UNWRITABLE", message, `${hint} Nothing was changed.`, { cause });
  };
}

const READ_ONLY = new Set(["EROFS", "EACCES", "EPERM"]);

export function unreadable(path: string, cause: unknown): AppError {
  return new AppError(
    "STORE_UNWRITABLE",
    `${basename(path)} cannot be read at the moment: ${codeOf(cause)}.`,
    "Nothing was changed. Tailnet Share tries again when it is restarted.",
    { cause },
  );
}

/** Refuses a change that would write a file that the next start sets aside. */
export function neverReadable(path: string): AppError {
  return new AppError(
    "STORE_UNWRITABLE",
    `${basename(path)} was not written, because it could not have been read again.`,
    "This is a bug. Send us the diagnostics. Nothing was changed.",
  );
}

export function takenOver(path: string): AppError {
  return new AppError(
    "STORE_UNWRITABLE",
    `${basename(path)} was changed by something else since it was read, and is not overwritten.`,
    "If another copy of Tailnet Share uses the same volume, stop one of them. Then restart Tailnet Share: it goes on with what the file says now. Nothing was changed.",
  );
}

export function codeOf(cause: unknown): string {
  return (cause as NodeJS.ErrnoException).code ?? String(cause);
}
