import type { Mode, PutShare } from "@tailnet-share/contract/share";
import type { Workload } from "@tailnet-share/contract/workload";
import { useState } from "react";
import { useSession } from "../../api/session.tsx";
import { useQueued } from "../../common/use-queued.ts";
import { type Choice, modeOf, newShare } from "../../model/choice.ts";
import { listeningPorts, portLines } from "../../model/ports.ts";

interface ModeChoice {
  /** What is asked for, else what is. */
  readonly mode: Mode;
  readonly pick: (mode: Mode) => void;
  /** What the next request says beside its ports. */
  readonly base: PutShare;
}

interface ModeInputs {
  readonly workload: Workload;
  readonly choice: Choice | undefined;
  readonly onChoose: (choice: Choice) => void;
  readonly oneClick: Mode;
  readonly busy: boolean;
}

/** Picking a mode changes a share at once. Before there is one it is kept for the switch. */
export function useMode({ workload, choice, onChoose, oneClick, busy }: ModeInputs): ModeChoice {
  const { actions } = useSession();
  const { share } = workload;
  // Back on the node a share needs a port; a machine's may have none, and then that comes first.
  const [lacksPort, setLacksPort] = useState(false);
  const [seen] = listeningPorts(workload);
  const unnamed = portLines(workload).length === 0;
  const [wanted, want] = useQueued<Mode>(busy, async (mode) => {
    if (mode === share?.mode) return;
    const ports = mode === "node" && unnamed && seen ? [{ port: seen.port, protocol: seen.protocol }] : null;
    await actions.share(workload, ports ? { mode, ports } : { mode });
  });

  function pick(mode: Mode): void {
    if (!share) {
      onChoose({ mode, name: choice?.name ?? null });
      return;
    }
    const missing = mode === "node" && unnamed && !seen;
    setLacksPort(missing);
    if (!missing) want(mode);
  }
  if (lacksPort && share?.mode === "machine") return { mode: "node", pick, base: { mode: "node" } };
  return {
    mode: wanted ?? modeOf(workload, choice, oneClick),
    pick,
    base: share ? {} : newShare(choice),
  };
}
