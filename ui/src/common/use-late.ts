import { useEffect, useState } from "react";
import { useSession } from "../api/session.tsx";

/** Limits every spinner: after this long the panel says more and offers a next step. */
const LATE_MS = 10_000;

/** Returns true after `LATE_MS`. A new `what` restarts the timer. */
export function useLate(what: string): boolean {
  const { host } = useSession();
  const [late, setLate] = useState<string | null>(null);
  useEffect(() => host.clock.after(LATE_MS, () => setLate(what)), [host, what]);
  return late === what;
}
