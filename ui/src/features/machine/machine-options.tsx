import { Box, Stack } from "@mui/material";
import type { MachineView } from "@tailnet-share/contract/machine";
import type { Workload } from "@tailnet-share/contract/workload";
import { useState } from "react";
import { useSession } from "../../api/session.tsx";
import { LazyPart } from "../../common/lazy-part.tsx";
import { lazyPart } from "../../common/load-part.ts";
import { OptionCheck } from "../../common/option-check.tsx";
import { useQueued } from "../../common/use-queued.ts";
import { fullName } from "../../model/names.ts";
import { likelyHttpsPort } from "../../model/ports.ts";
import type { Status } from "../../model/status.ts";
import { httpsEndpoint } from "../../model/tailnet.ts";
import { EndpointAddress } from "../address/reach.tsx";
import { PortField } from "../ports/port-field.tsx";
import { MachineWeb } from "./machine-web.tsx";

const ConfirmDialog = lazyPart(() => import("../../common/confirm-dialog.tsx"));

interface MachineOptionsProps {
  readonly workload: Workload;
  readonly machine: MachineView;
  readonly status: Status;
  readonly busy: boolean;
  readonly magicDns: boolean;
}

export function MachineOptions(props: MachineOptionsProps) {
  const { workload, machine, busy } = props;
  const { actions } = useSession();
  const [reach, wantReach] = useQueued<boolean>(busy, (reachTailnet) =>
    actions.share(workload, { machine: { reachTailnet } }),
  );
  return (
    <Stack spacing={0.5}>
      <OptionCheck
        label="Allow outbound connections to the tailnet"
        effect="The container can connect to your other devices. Changing this restarts its machine."
        checked={reach ?? machine.reachTailnet}
        onChange={wantReach}
      />
      <Https {...props} />
      <Funnel {...props} />
      {machine.web && <MachineWeb web={machine.web} name={fullName(workload)} />}
    </Stack>
  );
}

function Https({ workload, machine, status, busy, magicDns }: MachineOptionsProps) {
  const { actions } = useSession();
  const { httpsPort, dnsName } = machine;
  const endpoint = status.kind === "live" ? httpsEndpoint(machine) : null;
  // Without a known port there is nothing to send before the user types one.
  const [asking, setAsking] = useState(false);
  const [wanted, want] = useQueued<boolean>(busy, async (on) => {
    const port = on ? likelyHttpsPort(workload) : null;
    await actions.share(workload, {
      machine: port === null ? { httpsPort: null, funnel: false } : { httpsPort: port },
    });
  });
  const on = wanted ?? (asking || httpsPort !== null);

  function flip(next: boolean) {
    const ask = next && likelyHttpsPort(workload) === null;
    setAsking(ask);
    if (!ask && next !== (httpsPort !== null)) want(next);
  }
  return (
    <OptionCheck
      label="HTTPS"
      effect={`Serves ${webAddress(dnsName)} with a trusted certificate.`}
      checked={on}
      onChange={flip}
    >
      {on && (
        <Box sx={{ display: "flex", flexWrap: "wrap", alignItems: "center", gap: 2, pt: 1.5, pb: 1 }}>
          <PortField
            label="Forward to port"
            name={`Forward to port, for HTTPS of ${fullName(workload)}`}
            port={httpsPort}
            busy={busy}
            autoFocus={asking}
            save={(port) => actions.share(workload, { machine: { httpsPort: port } })}
          />
          {endpoint && <EndpointAddress endpoint={endpoint} name={fullName(workload)} magicDns={magicDns} />}
        </Box>
      )}
    </OptionCheck>
  );
}

/** Asks for confirmation in plain words: public exposure never takes a single click. */
function Funnel({ workload, machine, busy }: MachineOptionsProps) {
  const { actions } = useSession();
  const [asking, setAsking] = useState(false);
  const [wanted, want] = useQueued<boolean>(busy, (funnel) =>
    actions.share(workload, { machine: { funnel } }),
  );
  const https = machine.httpsPort !== null;
  const address = webAddress(machine.dnsName);
  return (
    <>
      <OptionCheck
        label="Funnel: public internet access"
        effect={https ? `Anyone on the internet can open ${address}.` : "Requires HTTPS."}
        checked={wanted ?? machine.funnel}
        disabled={!https && !machine.funnel}
        onChange={(on) => (on ? setAsking(true) : want(false))}
      />
      {asking && (
        <LazyPart>
          <ConfirmDialog
            title={`Make ${fullName(workload)} public?`}
            text={`Anyone on the internet can open ${address} without Tailscale and without logging in, until you turn Funnel off.`}
            confirm="Make public"
            onConfirm={() => want(true)}
            onClose={() => setAsking(false)}
          />
        </LazyPart>
      )}
    </>
  );
}

function webAddress(dnsName: string): string {
  return dnsName === "" ? "it" : `https://${dnsName}`;
}
