import type { Listening as Answer } from "@tailnet-share/contract/listening";
import type { Workload } from "@tailnet-share/contract/workload";
import { useEffect, useState } from "react";
import { useSession } from "../../api/session.tsx";
import { Problem } from "../../host/problem.ts";
import { foundPorts, type Looked } from "./listening.ts";

const IDLE: Looked = { state: "idle" };

export interface Listening {
  readonly looked: Looked;
  /** Scans again and keeps the previous result until the answer arrives. */
  readonly again: () => void;
}

/** Scans a container for listeners when its details open, and again when another container replaces it. */
export function useListening({ id, run, containerId }: Workload): Listening {
  const { actions } = useSession();
  const [looked, setLooked] = useState<Looked>(IDLE);
  const [tries, setTries] = useState(0);
  const running = run === "running" ? containerId : null;

  // `tries` is a trigger only: a change starts another scan.
  useEffect(() => {
    if (running === null) return setLooked(IDLE);
    let current = true;
    setLooked((before) => ({ state: "asking", before: tries === 0 ? null : foundPorts(before) }));
    void actions.listening(id).then((answer) => {
      if (current) setLooked(read(answer));
    });
    return () => {
      current = false;
    };
  }, [actions, id, running, tries]);
  return { looked, again: () => setTries((count) => count + 1) };
}

function read(answer: Answer | Problem): Looked {
  if (answer instanceof Problem) return unknown(answer);
  return answer.fault ? unknown(answer.fault) : { state: "found", ports: answer.ports };
}

function unknown({ message, hint }: Pick<Problem, "message" | "hint">): Looked {
  return { state: "unknown", message, hint };
}
