import { Box, Stack, Typography } from "@mui/material";
import type { MachineView } from "@tailnet-share/contract/machine";
import type { Workload } from "@tailnet-share/contract/workload";
import { useSession } from "../../api/session.tsx";
import { CopyButton } from "../../common/copy-button.tsx";
import { fullName } from "../../model/names.ts";
import type { Status } from "../../model/status.ts";
import { domainOf, forwardedWords, type Tailnet } from "../../model/tailnet.ts";
import { useExpiryWords } from "../node/use-expiry-words.ts";
import type { Listening } from "../ports/use-listening.ts";
import { MachineName } from "./machine-name.tsx";
import { MachineOptions } from "./machine-options.tsx";
import { MachinePorts } from "./machine-ports.tsx";
import { MachineSteps } from "./machine-steps.tsx";

interface MachineDetailsProps {
  readonly workload: Workload;
  readonly status: Status;
  readonly busy: boolean;
  readonly tailnet: Tailnet;
  readonly listening: Listening;
  /** The name picked before there is a share; null for the backend's proposal. */
  readonly chosenName: string | null;
  readonly onChooseName: (name: string) => void;
}

export function MachineDetails(props: MachineDetailsProps) {
  const { workload, status, busy, tailnet, listening, chosenName, onChooseName } = props;
  const { actions } = useSession();
  const machine = workload.share?.machine ?? null;
  const expiry = useExpiryWords(machine?.keyExpiry ?? null, "Its node key");

  return (
    <>
      {machine && <MachineSteps status={status} name={fullName(workload)} />}
      <Stack direction="row" useFlexGap flexWrap="wrap" columnGap={3} rowGap={1} alignItems="flex-start">
        <MachineName
          // Uses separate fields before and after sharing, because they save different things.
          key={machine === null ? "new" : "shared"}
          workload={workload}
          saved={machine?.name ?? chosenName ?? workload.machine.name}
          own={machine?.name ?? workload.machine.name}
          dnsName={machine?.dnsName ?? ""}
          live={status.kind === "live"}
          domain={tailnet.domain || domainOf(machine?.dnsName ?? "")}
          busy={busy}
          // Before there is a share, a click on the switch right after typing must still use the typed name.
          {...(machine ? {} : { onType: onChooseName })}
          save={(name) => actions.share(workload, { machine: { name } })}
        />
        {machine && status.kind === "live" && <Addresses machine={machine} name={fullName(workload)} />}
      </Stack>
      {expiry && (
        <Typography>
          <strong>{expiry}</strong> Then it logs in again, automatically if a machine credential is saved.
        </Typography>
      )}
      {machine && machine.forwarded.length > 0 && <Typography>{forwardedWords(machine)}</Typography>}
      <MachinePorts
        workload={workload}
        status={status}
        busy={busy}
        magicDns={tailnet.magicDns}
        listening={listening}
      />
      {machine ? (
        <MachineOptions
          workload={workload}
          machine={machine}
          status={status}
          busy={busy}
          magicDns={tailnet.magicDns}
        />
      ) : (
        <Typography color="text.secondary">
          HTTPS and Funnel (public internet access) are available once it's shared.
        </Typography>
      )}
    </>
  );
}

function Addresses({ machine, name }: { machine: MachineView; name: string }) {
  return (
    <Box sx={{ display: "flex", flexWrap: "wrap", alignItems: "center", columnGap: 1.5, minHeight: 40 }}>
      {machine.addresses.map((address) => (
        <Address key={address} address={address} name={name} />
      ))}
      {machine.version && <Typography color="text.secondary">Tailscale {machine.version}</Typography>}
    </Box>
  );
}

function Address({ address, name }: { address: string; name: string }) {
  return (
    <Box sx={{ display: "flex", alignItems: "center", minWidth: 0 }}>
      <Typography color="text.secondary" sx={{ overflowWrap: "anywhere" }}>
        {address}
      </Typography>
      <CopyButton text={address} name={`${address}, the machine of ${name}`} />
    </Box>
  );
}
