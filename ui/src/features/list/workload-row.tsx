import ExpandMore from "@mui/icons-material/ExpandMore";
import { IconButton } from "@mui/material";
import type { Mode } from "@tailnet-share/contract/share";
import type { Workload, WorkloadId } from "@tailnet-share/contract/workload";
import { memo, useId } from "react";
import { LazyPart } from "../../common/lazy-part.tsx";
import { lazyPart } from "../../common/load-part.ts";
import { StatusDot } from "../../common/status-dot.tsx";
import { type Choice, modeOf } from "../../model/choice.ts";
import type { Intent } from "../../model/intent.ts";
import { displayName, fullName } from "../../model/names.ts";
import { rowWarning } from "../../model/sensitive-ports.ts";
import { type Status, sentenceOf, statusOf, toneOf, unansweredWords, wordsOf } from "../../model/status.ts";
import type { Tailnet } from "../../model/tailnet.ts";
import { Reach } from "../address/reach.tsx";
import { EndsAt } from "./ends-at.tsx";
import { RowMenu } from "./row-menu.tsx";
import { RowSwitch } from "./row-switch.tsx";

const RowDetails = lazyPart(() => import("../details/row-details.tsx"));

interface WorkloadRowProps {
  readonly workload: Workload;
  readonly intent: Intent | undefined;
  readonly open: boolean;
  readonly onOpen: (id: WorkloadId, open: boolean) => void;
  readonly tailnet: Tailnet;
  /** Kept by the list, because a row that scrolls out of view unmounts. */
  readonly choice: Choice | undefined;
  readonly onChoose: (id: WorkloadId, choice: Choice) => void;
}

/** Re-renders only when its own workload changes: equal parts of two snapshots are the same objects. */
export const WorkloadRow = memo(function WorkloadRow(props: WorkloadRowProps) {
  const { workload, intent, open, onOpen, tailnet, choice } = props;
  const status = statusOf(workload, intent, tailnet.outage);
  const name = fullName(workload);
  const details = useId();
  const warning = warningOf(workload, status, modeOf(workload, choice, tailnet.oneClick));
  const reach = status.kind === "live" || sentenceOf(status) !== null;
  const line = ["row-line", reach && "row-reached", warning && "row-warned"].filter(Boolean).join(" ");
  return (
    <div className="row">
      <div className={line}>
        <OpenButton name={name} open={open} details={details} onClick={() => onOpen(workload.id, !open)} />
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
      <div id={details} hidden={!open}>
        {open && <Details {...props} status={status} />}
      </div>
    </div>
  );
});

interface OpenButtonProps {
  readonly name: string;
  readonly open: boolean;
  /** ID of the element that holds the details. */
  readonly details: string;
  readonly onClick: () => void;
}

function OpenButton({ name, open, details, onClick }: OpenButtonProps) {
  return (
    <IconButton
      className="row-open"
      size="small"
      aria-label={`Details of ${name}`}
      aria-expanded={open}
      aria-controls={details}
      data-hint="Details"
      onClick={onClick}
    >
      <ExpandMore sx={{ fontSize: 20, transform: open ? "none" : "rotate(-90deg)" }} />
    </IconButton>
  );
}

interface DetailsProps
  extends Pick<WorkloadRowProps, "workload" | "intent" | "tailnet" | "choice" | "onChoose"> {
  readonly status: Status;
}

function Details({ workload, status, intent, tailnet, choice, onChoose }: DetailsProps) {
  return (
    <LazyPart>
      <RowDetails
        workload={workload}
        status={status}
        busy={intent !== undefined}
        tailnet={tailnet}
        choice={choice}
        onChoose={(picked) => onChoose(workload.id, picked)}
      />
    </LazyPart>
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
