import { useEffect, useState } from "react";
import { useSession } from "../../api/session.tsx";
import { expiryWords, expiryWordsHold } from "./node-words.ts";

/** Counts down to a device's key expiry and updates as days pass. Returns null while the expiry is far away. */
export function useExpiryWords(keyExpiry: string | null, key?: string): string | null {
  const { clock } = useSession().host;
  const [, redraw] = useState(0);
  const now = clock.now();
  const hold = expiryWordsHold(keyExpiry, now);
  useEffect(
    () => (hold === null ? undefined : clock.after(hold, () => redraw((count) => count + 1))),
    [clock, hold],
  );
  return expiryWords(keyExpiry, now, key);
}
