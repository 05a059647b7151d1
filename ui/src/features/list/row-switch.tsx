import { Switch } from "@mui/material";
import { assertNever } from "@tailnet-share/contract/errors";
import type { Mode } from "@tailnet-share/contract/share";
import type { Workload } from "@tailnet-share/contract/workload";
import { useSession } from "../../api/session.tsx";
import { Changes } from "../../common/changes.tsx";
import { type Choice, isComplete, modeOf, newShare } from "../../model/choice.ts";
import { displayName, fullName } from "../../model/names.ts";
import type { Status } from "../../model/status.ts";
import { isOn, switchAction } from "./row-actions.ts";

interface RowSwitchProps {
  readonly workload: Workload;
  readonly status: Status;
  /** The user's choice in the details, and the effect of a click without one. */
  readonly choice: Choice | undefined;
  readonly oneClick: Mode;
  readonly onAsk: () => void;
}

export function RowSwitch({ workload, status, choice, oneClick, onAsk }: RowSwitchProps) {
  const { actions } = useSession();
  const action = switchAction(workload, status, modeOf(workload, choice, oneClick));

  function flip() {
    switch (action.does) {
      case "share":
        return isComplete(choice) ? void actions.share(workload, newShare(choice)) : onAsk();
      case "ask":
        return onAsk();
      case "unshare":
        return void actions.unshare([workload], `Stopped sharing ${displayName(workload)}`);
      case "nothing":
        return undefined;
      default:
        return assertNever(action);
    }
  }
  const why = action.does === "nothing" ? action.why : undefined;
  return (
    <Changes>
      {/* A switch that is off for good gets no pointer events itself. */}
      <span data-hint={why} style={{ display: "contents" }}>
        <Switch
          size="small"
          checked={isOn(status)}
          disabled={action.does === "nothing"}
          onChange={flip}
          slotProps={{
            input: {
              role: "switch",
              "aria-label": `Share ${fullName(workload)}`,
              ...(why === undefined ? {} : { "aria-description": why }),
            },
          }}
        />
      </span>
    </Changes>
  );
}
