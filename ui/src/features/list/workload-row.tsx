import ChevronRight from "@mui/icons-material/ChevronRight";
import { IconButton } from "@mui/material";
import type { Mode } from "@tailnet-share/contract/share";
import type { Workload, WorkloadId } from "@tailnet-share/contract/workload";
import { memo } from "react";
import { StatusDot } from "../../common/status-dot.tsx";
import { type Choice, modeOf } from "../../model/choice.ts";
import type { Intent } from "../../model/intent.ts";
import { displayName, fullName } from "../../model/names.ts";
import { rowWarning } from "../../model/sensitive-ports.ts";
import { type Status, sentenceOf, statusOf, toneOf, unansweredWords, wordsOf } from "../../model/status.ts";
import type { Tailnet } from "../../model/tailnet.ts";
import { Reach } from "../address/reach.tsx";
import { DRAWER_ID } from "./details-drawer.tsx";
import { EndsAt } from "./ends-at.tsx";
import { RowMenu } from "./row-menu.tsx";
import { RowSwitch } from "./row-switch.tsx";
import { openerId } from "./use-details.ts";

interface WorkloadRowProps {
  readonly workload: Workload;
  readonly intent: Intent | undefined;
  readonly open: boolean;
  readonly onOpen: (id: WorkloadId, open: boolean) => void;
  readonly tailnet: Tailnet;
  /** Kept by the list, because a row that scrolls out of view unmounts. */
  readonly choice: Choice | undefined;
}

/** Re-renders only when its own workload changes: equal parts of two snapshots are the same objects. */
export const WorkloadRow = memo(function WorkloadRow(props: WorkloadRowProps) {
  const { workload, intent, open, onOpen, tailnet, choice } = props;
  const status = statusOf(workload, intent, tailnet.outage);
  const name = fullName(workload);
  const warning = warningOf(workload, status, modeOf(workload, choice, tailnet.oneClick));
  const reach = status.kind === "live" || sentenceOf(status) !== null;
  const line = ["row-line", reach && "row-reached", warning && "row-warned"].filter(Boolean).join(" ");
  return (
    <div className="row">
      <div className={line}>
        <OpenButton workload={workload} open={open} onClick={() => onOpen(workload.id, !open)} />
        <div className="row-status">
          <StatusDot tone={toneOf(status)} words={wordsOf(status)} />
          {workload.share?.until && status.kind !== "stopping" && <EndsAt until={workload.share.until} />}
        </div>
        <Name workload={workload} />
        <div className="row-image" data-whole={workload.image}>
          {workload.image}
        </div>
        <div className="row-reach">
          <Reach
            status={status}
            name={name}
            magicDns={tailnet.magicDns}
            warning={warning}
            onMore={() => onOpen(workload.id, true)}
          />
        </div>
        <div className="row-switch">
          <RowSwitch
            workload={workload}
            status={status}
            choice={choice}
            oneClick={tailnet.oneClick}
            onAsk={() => onOpen(workload.id, true)}
          />
        </div>
        <div className="row-menu">
          <RowMenu workload={workload} status={status} magicDns={tailnet.magicDns} />
        </div>
      </div>
    </div>
  );
});

interface OpenButtonProps {
  readonly workload: Workload;
  readonly open: boolean;
  readonly onClick: () => void;
}

function OpenButton({ workload, open, onClick }: OpenButtonProps) {
  return (
    <IconButton
      className="row-open"
      size="small"
      id={openerId(workload.id)}
      aria-label={`Details of ${fullName(workload)}`}
      aria-expanded={open}
      {...(open ? { "aria-controls": DRAWER_ID } : {})}
      data-hint="Details"
      onClick={onClick}
    >
      <ChevronRight fontSize="small" sx={{ transform: open ? "rotate(180deg)" : "none" }} />
    </IconButton>
  );
}

function Name({ workload }: { workload: Workload }) {
  const below = workload.project ?? "";
  return (
    <div className="row-cell-name">
      <div className="row-name" data-whole={displayName(workload)}>
        {displayName(workload)}
        {below && <span className="row-project-beside">{below}</span>}
      </div>
      <div className="row-project" data-whole={below}>
        {below}
        <span className="row-image-below">{below ? ` · ${workload.image}` : workload.image}</span>
      </div>
    </div>
  );
}

/** Shows one warning at a time. A problem that blocks clients takes precedence over a sensitive port. */
function warningOf(workload: Workload, status: Status, mode: Mode): string | null {
  if (status.kind === "refused") return null;
  const but = status.kind === "live" ? unansweredWords(status) : null;
  return but === null ? rowWarning(workload, mode) : `Shared, but ${but}`;
}
