const HOUR_MS = 3_600_000;
/** Makes the timer fire slightly late: slightly early, nothing would have changed yet. */
const GRACE_MS = 50;

/** Returns ISO 8601, as the contract requires. `now` is in milliseconds since the epoch. */
export function inHours(hours: number, now: number): string {
  return new Date(now + hours * HOUR_MS).toISOString();
}

/** Formats when a share ends, in local time. Returns null when it never ends or the time is invalid. */
export function endWords(until: string | null, now: number): string | null {
  const end = until === null ? Number.NaN : Date.parse(until);
  if (Number.isNaN(end)) return null;
  if (end <= now) return "Stopping…";
  const clock = TIME.format(end);
  const days = daysBetween(now, end);
  if (days === 0) return `Stops at ${clock}`;
  if (days === 1) return `Stops tomorrow at ${clock}`;
  const sameYear = new Date(now).getFullYear() === new Date(end).getFullYear();
  return `Stops on ${(sameYear ? DAY : DAY_AND_YEAR).format(end)} at ${clock}`;
}

/** Completes a sentence with a past local time. Returns an empty string when the time is invalid. */
export function sinceWords(since: string, now: number): string {
  const at = Date.parse(since);
  if (Number.isNaN(at)) return "";
  const clock = TIME.format(at);
  const days = daysBetween(at, now);
  if (days <= 0) return `since ${clock}`;
  return days === 1 ? `since yesterday at ${clock}` : `since ${DAY.format(at)} at ${clock}`;
}

/** Milliseconds until `endWords` changes, at midnight and at the end. Null for never. */
export function endWordsHold(until: string | null, now: number): number | null {
  const end = until === null ? Number.NaN : Date.parse(until);
  if (!(end > now)) return null;
  return Math.min(end, midnightAfter(now)) - now + GRACE_MS;
}

/** Formats the value of a `datetime-local` field: `2026-03-01T14:30`, in local time. */
export function toField(at: number): string {
  const date = new Date(at);
  const two = (value: number) => String(value).padStart(2, "0");
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-");
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** Proposes a full hour between one and two hours from now as the field's first value. */
export function proposedEnd(now: number): number {
  const date = new Date(now + HOUR_MS);
  if (date.getMinutes() > 0) date.setHours(date.getHours() + 1, 0);
  date.setSeconds(0, 0);
  return date.getTime();
}

/** Converts the typed text to ISO 8601. Returns null when it is invalid or in the past. */
export function fromField(text: string, now: number): string | null {
  const at = text === "" ? Number.NaN : new Date(text).getTime();
  return at > now ? new Date(at).toISOString() : null;
}

const TIME = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const DAY_AND_YEAR = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });

/** Counts calendar days, so that days of 23 or 25 hours count as one. */
function daysBetween(from: number, to: number): number {
  const day = (at: number) => {
    const date = new Date(at);
    return Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
  };
  return Math.round((day(to) - day(from)) / (24 * HOUR_MS));
}

function midnightAfter(now: number): number {
  const date = new Date(now);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + 1).getTime();
}
