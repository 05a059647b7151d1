import { useEffect, useState } from "react";

interface Asked<T> {
  readonly value: T;
  readonly sent: boolean;
}

/**
 * A change that is shown at once but sent only when nothing else is under way, because it builds on what that leaves.
 * Answers the value asked for, or null when the last one has been answered. The newest wish counts.
 */
export function useQueued<T>(
  busy: boolean,
  send: (value: T) => Promise<unknown>,
): readonly [T | null, (value: T) => void] {
  const [asked, setAsked] = useState<Asked<T> | null>(null);
  useEffect(() => {
    if (busy || asked === null || asked.sent) return;
    const mine = { value: asked.value, sent: true };
    setAsked(mine);
    void send(mine.value).finally(() => setAsked((now) => (now === mine ? null : now)));
  }, [busy, asked, send]);
  return [asked === null ? null : asked.value, (value) => setAsked({ value, sent: false })];
}
