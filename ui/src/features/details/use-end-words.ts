import { useEffect, useState } from "react";
import { useSession } from "../../api/session.tsx";
import { endWords, endWordsHold } from "./end-time.ts";

/** Formats when a share ends and updates the words as time passes. Returns null for never. */
export function useEndWords(until: string | null): string | null {
  const { clock } = useSession().host;
  const [, redraw] = useState(0);
  const now = clock.now();
  const hold = endWordsHold(until, now);
  useEffect(
    () => (hold === null ? undefined : clock.after(hold, () => redraw((count) => count + 1))),
    [clock, hold],
  );
  return endWords(until, now);
}
