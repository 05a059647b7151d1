import { useEffect, useRef } from "react";
import { useSession } from "../../api/session.tsx";

/** Runs `end` after `what` has been present for `ms` milliseconds. The timer stops while `held` and restarts afterwards. */
export function useTimeLeft(what: object | null, ms: number, held: boolean, end: () => void): void {
  const { clock } = useSession().host;
  const last = useRef(end);
  last.current = end;
  useEffect(
    () => (what === null || held ? undefined : clock.after(ms, () => last.current())),
    [clock, what, ms, held],
  );
}
