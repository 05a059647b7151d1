import { useEffect, useState } from "react";
import { useSession } from "../../api/session.tsx";
import { expiryWords, expiryWordsHold } from "./node-words.ts";

/** The countdown to the end of a device's key, in words that stay true as days go by. Null while that is far away. */
export function useExpiryWords(keyExpiry: string | null, whose?: string): string | null {
  const { clock } = useSession().host;
  const [, redraw] = useState(0);
  const now = clock.now();
  const hold = expiryWordsHold(keyExpiry, now);
  useEffect(
    () => (hold === null ? undefined : clock.after(hold, () => redraw((count) => count + 1))),
    [clock, hold],
  );
  return expiryWords(keyExpiry, now, whose);
}
