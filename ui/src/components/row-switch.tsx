import { Switch } from "@mui/material";
import { assertNever } from "@tailnet-share/contract/errors";
import type { Workload } from "@tailnet-share/contract/model";
import { useSession } from "../api/session.tsx";
import { isOn, switchAction } from "../model/allowed.ts";
import { displayName, fullName } from "../model/names.ts";
import type { Status } from "../model/status.ts";

interface RowSwitchProps {
  readonly workload: Workload;
  readonly status: Status;
  readonly onAskPort: () => void;
}

export function RowSwitch({ workload, status, onAskPort }: RowSwitchProps) {
  const { actions } = useSession();
  const action = switchAction(workload, status);

  function flip() {
    switch (action.does) {
      case "share":
        return void actions.share(workload);
      case "ask-port":
        return onAskPort();
      case "unshare":
        return void actions.unshare([workload], `${displayName(workload)} is no longer shared`);
      case "nothing":
        return undefined;
      default:
        return assertNever(action);
    }
  }
  const why = action.does === "nothing" ? action.why : undefined;
  return (
    <Switch
      size="small"
      checked={isOn(status)}
      disabled={action.does === "nothing"}
      onChange={flip}
      title={why}
      slotProps={{
        input: {
          role: "switch",
          "aria-label": `Share ${fullName(workload)}`,
          ...(why === undefined ? {} : { "aria-description": why }),
        },
      }}
    />
  );
}
