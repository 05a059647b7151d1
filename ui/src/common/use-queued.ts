import { useEffect, useRef, useState } from "react";

interface Wish<T> {
  readonly value: T;
}

/**
 * Shows a change at once but sends it only when no other change is pending, because it builds on that one's result.
 * Returns the requested value, or null once the last one has been answered. The newest request wins.
 */
export function useQueued<T>(
  busy: boolean,
  send: (value: T) => Promise<unknown>,
): readonly [T | null, (value: T) => void] {
  const [asked, setAsked] = useState<Wish<T> | null>(null);
  // A ref instead of state: an answer that arrives before the next render must not see the request as unsent and resend it.
  const sent = useRef<Wish<T> | null>(null);
  useEffect(() => {
    if (busy || asked === null || sent.current === asked) return;
    sent.current = asked;
    void send(asked.value).finally(() => setAsked((now) => (now === asked ? null : now)));
  }, [busy, asked, send]);
  return [asked === null ? null : asked.value, (value) => setAsked({ value })];
}
