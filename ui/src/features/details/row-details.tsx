import { Box, Button, Stack, Typography } from "@mui/material";
import type { Workload } from "@tailnet-share/contract/workload";
import { useSession } from "../../api/session.tsx";
import { Changes } from "../../common/changes.tsx";
import { FaultAlert } from "../../common/fault-alert.tsx";
import type { Choice } from "../../model/choice.ts";
import { displayName, fullName } from "../../model/names.ts";
import { type Status, unansweredFaults } from "../../model/status.ts";
import type { Tailnet } from "../../model/tailnet.ts";
import { CheckPanel } from "../check/check-panel.tsx";
import { MachineApproval } from "../machine/machine-approval.tsx";
import { MachineDetails } from "../machine/machine-details.tsx";
import { NodePorts } from "../ports/node-ports.tsx";
import { useListening } from "../ports/use-listening.ts";
import { SidecarExport } from "../sidecar/sidecar-export.tsx";
import { DetailsHeader } from "./details-header.tsx";
import { EndChoice } from "./end-choice.tsx";
import { FunnelElsewhere } from "./funnel-elsewhere.tsx";
import { ModeChoice } from "./mode-choice.tsx";
import { NetworkChoice } from "./network-choice.tsx";
import { useMode } from "./use-mode.ts";
import { bytesWords, visitorWords } from "./visitor-words.ts";

interface RowDetailsProps {
  readonly workload: Workload;
  readonly status: Status;
  readonly busy: boolean;
  readonly tailnet: Tailnet;
  readonly choice: Choice | undefined;
  readonly onChoose: (choice: Choice) => void;
  readonly onClose: () => void;
}

/** Loaded after the list, so that the list appears sooner. */
export default function RowDetails(props: RowDetailsProps) {
  const { workload, status, busy, onClose } = props;
  const { share, run, identity } = workload;
  const { host } = useSession();
  const gone = run === "removed";
  const visitors = share && visitorWords(share.visitors);
  return (
    <>
      <DetailsHeader workload={workload} status={status} onClose={onClose} />
      {/* Margins would not reach what is inside of `Changes`. */}
      <Stack spacing={1.5} useFlexGap sx={{ px: 2, pb: 2 }}>
        {status.kind === "failed" && <FaultAlert severity="error" fault={status.fault} />}
        {unansweredFaults(status).map((fault) => (
          <FaultAlert key={fault.message} severity="warning" fault={fault} />
        ))}
        {status.kind === "stopping" && status.fault && <FaultAlert severity="error" fault={status.fault} />}
        {status.kind === "refused" && <FaultAlert severity="info" fault={status.fault} />}
        {identity === "invented-name" && <InventedName />}
        {gone && <Gone workload={workload} />}
        {status.kind !== "refused" && !gone && <Reaching {...props} />}
        {share && !gone && <EndChoice workload={workload} until={share.until} busy={busy} />}
        {visitors && <Typography sx={{ overflowWrap: "anywhere" }}>{visitors}</Typography>}
        {share && (
          <Typography color="text.secondary">{bytesWords(share.traffic, host.clock.now())}</Typography>
        )}
        {share && !gone && <CheckPanel workload={workload} />}
        {share && !gone && <SidecarExport workload={workload} />}
      </Stack>
    </>
  );
}

function Reaching({ workload, status, busy, tailnet, choice, onChoose }: RowDetailsProps) {
  const { oneClick } = tailnet;
  const { mode, pick, base } = useMode({ workload, choice, onChoose, oneClick, busy });
  const listening = useListening(workload);
  const impossible = mode === "machine" && cannotBeMachine(workload, status);
  return (
    <>
      {status.kind === "needs-approval" && <MachineApproval workload={workload} status={status} />}
      <ModeChoice workload={workload} mode={mode} onPick={pick} />
      {impossible && <NodeInstead workload={workload} onPick={() => pick("node")} />}
      {mode === "node" && (
        <NodePorts
          workload={workload}
          status={status}
          busy={busy}
          base={base}
          listening={listening}
          magicDns={tailnet.magicDns}
        />
      )}
      {mode === "node" && workload.share?.mode === "node" && (
        <NetworkChoice workload={workload} network={workload.share.network} busy={busy} />
      )}
      {mode === "node" && <FunnelElsewhere workload={workload} onPick={() => pick("machine")} />}
      {mode === "machine" && (workload.share || !impossible) && (
        <MachineDetails
          workload={workload}
          status={status}
          busy={busy}
          tailnet={tailnet}
          listening={listening}
          chosenName={choice?.name ?? null}
          onChooseName={(name) => onChoose({ mode, name })}
        />
      )}
    </>
  );
}

/** An existing share goes by its observed state: it may work although the backend would refuse a new one. */
function cannotBeMachine({ share, machine }: Workload, status: Status): boolean {
  if (!share) return machine.refusal !== null;
  return status.kind === "failed" && NODE_WORKS.has(status.fault.code);
}

/** Failures that only affect mode `machine`. */
const NODE_WORKS: ReadonlySet<string> = new Set(["NOT_A_MACHINE", "TAILSCALED_PRESENT"]);

/** Offers the alternative for a container that cannot be a machine: one click shares it on the node if a port is known. */
function NodeInstead({ workload, onPick }: { workload: Workload; onPick: () => void }) {
  const { actions } = useSession();
  const atOnce = workload.share === null && (workload.ports.length > 0 || !workload.portsKnown);
  return (
    <Changes>
      <Button
        variant="outlined"
        size="small"
        sx={{ alignSelf: "start" }}
        onClick={() => (atOnce ? void actions.share(workload, { mode: "node" }) : onPick())}
      >
        Share on this node instead
      </Button>
    </Changes>
  );
}

/** Warns about a generated container name, because a share follows the name. */
function InventedName() {
  return (
    <Typography color="text.secondary">
      The engine generated this name. To keep a share when the container is replaced, start it with --name or
      from a Compose file.
    </Typography>
  );
}

function Gone({ workload }: { workload: Workload }) {
  const { actions } = useSession();
  return (
    <Box sx={{ display: "flex", alignItems: "center", gap: 2, flexWrap: "wrap" }}>
      <Typography>Container removed. Sharing resumes if it's re-created.</Typography>
      <Changes>
        <Button
          size="small"
          variant="outlined"
          aria-label={`Remove share of ${fullName(workload)}`}
          data-hint={`Remove share of ${displayName(workload)}`}
          onClick={() => void actions.forget(workload)}
        >
          Remove share
        </Button>
      </Changes>
    </Box>
  );
}
