import { useEffect, useRef } from "react";
import { useSession } from "../../api/session.tsx";

/** Runs `end` when `what` has been there for `ms` milliseconds. While it is held the time stands still, and begins anew afterwards. */
export function useTimeLeft(what: object | null, ms: number, held: boolean, end: () => void): void {
  const { clock } = useSession().host;
  const last = useRef(end);
  last.current = end;
  useEffect(
    () => (what === null || held ? undefined : clock.after(ms, () => last.current())),
    [clock, what, ms, held],
  );
}
