import { useEffect, useState } from "react";
import { useSession } from "../api/session.tsx";

/** Nothing spins without an end: after this long the panel says more and offers a way on. */
const LATE_MS = 10_000;

/** True once `LATE_MS` have passed; a new `what` starts over. */
export function useLate(what: string): boolean {
  const { host } = useSession();
  const [late, setLate] = useState<string | null>(null);
  useEffect(() => host.clock.after(LATE_MS, () => setLate(what)), [host, what]);
  return late === what;
}
