import type { Mode, PutShare } from "@tailnet-share/contract/share";
import type { Workload } from "@tailnet-share/contract/workload";
import { useState } from "react";
import { useSession } from "../../api/session.tsx";
import { useQueued } from "../../common/use-queued.ts";
import { type Choice, modeOf, newShare } from "../../model/choice.ts";
import { listeningPorts, portLines } from "../../model/ports.ts";

interface ModeChoice {
  /** The requested mode, otherwise the current one. */
  readonly mode: Mode;
  readonly pick: (mode: Mode) => void;
  /** The next request's fields other than ports. */
  readonly base: PutShare;
}

interface ModeInputs {
  readonly workload: Workload;
  readonly choice: Choice | undefined;
  readonly onChoose: (choice: Choice) => void;
  readonly oneClick: Mode;
  readonly busy: boolean;
}

/** Changes an existing share's mode at once. Before there is a share, keeps the choice for the switch. */
export function useMode({ workload, choice, onChoose, oneClick, busy }: ModeInputs): ModeChoice {
  const { actions } = useSession();
  const { share } = workload;
  // A share on the node needs a port, but a machine's share may have none. In that case the user picks a port first.
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
