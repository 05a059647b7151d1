import { Box, Typography } from "@mui/material";
import type { Fault } from "@tailnet-share/contract/errors";
import { useState } from "react";
import { useSession } from "../api/session.tsx";
import { type DeviceList, deviceLists, type LeftMachine, namesOf } from "../model/left-machines.ts";
import { ActionButton } from "./action-button.tsx";
import { Changes } from "./changes.tsx";
import { ExternalLink } from "./external-link.tsx";
import { FaultAlert } from "./fault-alert.tsx";
import { LazyPart } from "./lazy-part.tsx";
import { lazyPart } from "./load-part.ts";

const ConfirmDialog = lazyPart(() => import("./confirm-dialog.tsx"));

interface LeftMachinesProps {
  readonly fault: Fault;
  readonly machines: readonly LeftMachine[];
}

/** Lists machines that are no longer shared and can't be removed from their tailnet, and says what to do about them. */
export default function LeftMachines({ fault, machines }: LeftMachinesProps) {
  const { actions } = useSession();
  const [sending, setSending] = useState(false);
  const [asking, setAsking] = useState(false);
  const names = namesOf(machines);

  async function send(work: () => Promise<boolean>) {
    setSending(true);
    await work();
    setSending(false);
  }
  return (
    <>
      <FaultAlert
        severity="warning"
        fault={fault}
        action={
          <Changes>
            <Box sx={{ display: "flex", gap: 1 }}>
              <ActionButton
                color="inherit"
                size="small"
                off={sending}
                onClick={() => void send(actions.retry)}
              >
                Try again
              </ActionButton>
              <ActionButton color="inherit" size="small" off={sending} onClick={() => setAsking(true)}>
                Forget…
              </ActionButton>
            </Box>
          </Changes>
        }
      >
        Still in the tailnet: {names}.
      </FaultAlert>
      {asking && (
        <LazyPart>
          <ConfirmDialog
            title={`Forget ${names}?`}
            text={<Consequences machines={machines} />}
            confirm="Forget"
            onConfirm={() => void send(() => actions.forgetMachines(machines))}
            onClose={() => setAsking(false)}
          />
        </LazyPart>
      )}
    </>
  );
}

function Consequences({ machines }: { machines: readonly LeftMachine[] }) {
  const them = machines.length === 1 ? "it" : "them";
  return (
    <>
      Tailnet Share stops trying, and deletes what it keeps of {them} on this computer. This cannot be undone.
      {deviceLists(machines).map((list) => (
        <StayingBehind key={list.kind === "console" ? list.url : list.host} list={list} />
      ))}
    </>
  );
}

function StayingBehind({ list }: { list: DeviceList }) {
  const names = list.machines.map(({ name }) => name).join(", ");
  const isSingle = list.machines.length === 1;
  const them = isSingle ? "it" : "them";
  return (
    <Typography component="span" sx={{ display: "block", pt: 1 }}>
      {isSingle ? `A device named ${names} stays` : `Devices named ${names} stay`} in the tailnet's list,
      offline.{" "}
      {list.kind === "console" ? (
        <>
          Remove {them} in the <ExternalLink href={list.url}>admin console</ExternalLink>.
        </>
      ) : (
        `Remove ${them} on the control server ${list.host}, with Headscale by 'headscale nodes delete'.`
      )}
    </Typography>
  );
}
