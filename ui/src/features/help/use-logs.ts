import type { Logs } from "@tailnet-share/contract/operations";
import { useCallback, useEffect, useState } from "react";
import { useSession } from "../../api/session.tsx";
import { Problem } from "../../host/problem.ts";

interface LastLines {
  /** Null until they have come once. */
  readonly logs: Logs | null;
  /** Why they did not come the last time. */
  readonly problem: Problem | null;
  readonly asking: boolean;
  readonly refresh: () => void;
}

/** The backend's last log lines, asked for at once and by `refresh`; what is there stays until there is more. */
export function useLogs(): LastLines {
  const { actions } = useSession();
  const [logs, setLogs] = useState<Logs | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [asking, setAsking] = useState(true);

  const refresh = useCallback(() => {
    setAsking(true);
    void actions.logs().then((answer) => {
      setAsking(false);
      if (answer instanceof Problem) return setProblem(answer);
      setProblem(null);
      setLogs(answer);
    });
  }, [actions]);
  useEffect(refresh, [refresh]);
  return { logs, problem, asking, refresh };
}
