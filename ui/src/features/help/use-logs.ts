import type { Logs } from "@tailnet-share/contract/operations";
import { useCallback, useEffect, useState } from "react";
import { useSession } from "../../api/session.tsx";
import { Problem } from "../../host/problem.ts";

interface LastLines {
  /** The latest lines; null until the first successful load. */
  readonly logs: Logs | null;
  /** The reason why the last load failed. */
  readonly problem: Problem | null;
  readonly asking: boolean;
  readonly refresh: () => void;
}

/** Loads the backend's last log lines at once and on `refresh`. Keeps the previous lines until new ones arrive. */
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
