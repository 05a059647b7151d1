import type { NameCheck } from "@tailnet-share/contract/machine";
import type { WorkloadId } from "@tailnet-share/contract/workload";
import { useEffect, useState } from "react";
import { useSession } from "../../api/session.tsx";

/** Long enough to type the next letter, short enough to answer before the field loses focus. */
const PAUSE_MS = 300;

interface Checked {
  /** The check's result for the current name; null while unknown. */
  readonly known: NameCheck | null;
  /** Checks at once unless the result is known. Returns null when the check fails. */
  readonly ask: (name: string) => Promise<NameCheck | null>;
}

/** Checks whether a name is free after a pause in typing. `wanted` is null while there is nothing to check. */
export function useNameCheck(id: WorkloadId, wanted: string | null): Checked {
  const { host, actions } = useSession();
  const [answer, setAnswer] = useState<NameCheck | null>(null);
  const known = answer?.name === wanted ? answer : null;

  async function ask(name: string): Promise<NameCheck | null> {
    if (answer?.name === name) return answer;
    const result = await actions.checkName(id, name);
    setAnswer(result);
    return result;
  }
  useEffect(() => {
    if (wanted === null || known !== null) return;
    let current = true;
    const cancel = host.clock.after(PAUSE_MS, () => {
      void actions.checkName(id, wanted).then((result) => {
        if (current && result) setAnswer(result);
      });
    });
    return () => {
      current = false;
      cancel();
    };
  }, [host, actions, id, wanted, known]);
  return { known, ask };
}
