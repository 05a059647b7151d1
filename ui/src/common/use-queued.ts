import { useEffect, useRef, useState } from "react";

interface Wish<T> {
  readonly value: T;
}

/**
 * A change that is shown at once but sent only when nothing else is under way, because it builds on what that leaves.
 * Answers the value asked for, or null when the last one has been answered. The newest wish counts.
 */
export function useQueued<T>(
  busy: boolean,
  send: (value: T) => Promise<unknown>,
): readonly [T | null, (value: T) => void] {
  const [asked, setAsked] = useState<Wish<T> | null>(null);
  // Not state: an answer that comes before the next drawing must not find the wish unsent, and have it sent again.
  const sent = useRef<Wish<T> | null>(null);
  useEffect(() => {
    if (busy || asked === null || sent.current === asked) return;
    sent.current = asked;
    void send(asked.value).finally(() => setAsked((now) => (now === asked ? null : now)));
  }, [busy, asked, send]);
  return [asked === null ? null : asked.value, (value) => setAsked({ value })];
}
