import ExpandMore from "@mui/icons-material/ExpandMore";
import { Box, IconButton, Typography } from "@mui/material";
import type { Workload, WorkloadId } from "@tailnet-share/contract/model";
import { lazy, memo, Suspense, useId } from "react";
import type { Choice } from "../model/choice.ts";
import type { Intent } from "../model/intent.ts";
import { displayName, fullName } from "../model/names.ts";
import { type Status, statusOf, toneOf, wordsOf } from "../model/status.ts";
import type { Tailnet } from "../model/tailnet.ts";
import { EndsAt } from "./ends-at.tsx";
import { ELLIPSIS, ROW_GRID, TWO_LINES } from "./layout.ts";
import { Reach } from "./reach.tsx";
import { RowMenu } from "./row-menu.tsx";
import { RowSwitch } from "./row-switch.tsx";
import { StatusDot } from "./status-dot.tsx";

const RowDetails = lazy(() => import("./row-details.tsx"));

interface WorkloadRowProps {
  readonly workload: Workload;
  readonly intent: Intent | undefined;
  readonly open: boolean;
  readonly onOpen: (id: WorkloadId, open: boolean) => void;
  readonly tailnet: Tailnet;
  /** Kept by the list, because a row that is scrolled away is gone. */
  readonly choice: Choice | undefined;
  readonly onChoose: (id: WorkloadId, choice: Choice) => void;
}

/** Drawn again only when its own workload changes: equal parts of two snapshots are the same objects. */
export const WorkloadRow = memo(function WorkloadRow(props: WorkloadRowProps) {
  const { workload, intent, open, onOpen, tailnet, choice, onChoose } = props;
  const status = statusOf(workload, intent);
  const name = fullName(workload);
  const details = useId();
  return (
    <Box role="listitem" aria-label={name} sx={{ borderBottom: 1, borderColor: "divider" }}>
      <Box sx={{ ...ROW_GRID, minHeight: 60, py: 0.75, "&:hover": { bgcolor: "action.hover" } }}>
        <IconButton
          size="small"
          aria-label={`Details of ${name}`}
          aria-expanded={open}
          aria-controls={details}
          title="Details"
          onClick={() => onOpen(workload.id, !open)}
          sx={{ gridArea: "open", justifySelf: "center" }}
        >
          <ExpandMore sx={{ fontSize: 20, transform: open ? "none" : "rotate(-90deg)" }} />
        </IconButton>
        <Box sx={{ gridArea: "status", minWidth: 0 }}>
          <StatusDot tone={toneOf(status)} words={wordsOf(status)} />
          {workload.share?.until && status.kind !== "stopping" && <EndsAt until={workload.share.until} />}
        </Box>
        <Name workload={workload} />
        <Typography
          variant="body2"
          color="text.secondary"
          title={workload.image}
          // Registry and tag are both worth reading, so one line is too short.
          sx={{ ...TWO_LINES, gridArea: "image", display: { xs: "none", md: "-webkit-box" } }}
        >
          {workload.image}
        </Typography>
        <Box
          sx={{
            gridArea: "reach",
            minWidth: 0,
            display: hasReach(status) ? "block" : { xs: "none", md: "block" },
          }}
        >
          <Reach
            status={status}
            name={name}
            magicDns={tailnet.magicDns}
            onMore={() => onOpen(workload.id, true)}
          />
        </Box>
        <Box sx={{ gridArea: "switch" }}>
          <RowSwitch
            workload={workload}
            status={status}
            choice={choice}
            oneClick={tailnet.oneClick}
            onAsk={() => onOpen(workload.id, true)}
          />
        </Box>
        <Box sx={{ gridArea: "menu" }}>
          <RowMenu workload={workload} status={status} />
        </Box>
      </Box>
      <Box id={details} hidden={!open}>
        {open && (
          <Suspense>
            <RowDetails
              workload={workload}
              status={status}
              busy={intent !== undefined}
              tailnet={tailnet}
              choice={choice}
              onChoose={(picked) => onChoose(workload.id, picked)}
            />
          </Suspense>
        )}
      </Box>
    </Box>
  );
});

function Name({ workload }: { workload: Workload }) {
  const below = workload.project ?? "";
  return (
    <Box sx={{ gridArea: "name", minWidth: 0 }}>
      <Typography variant="body2" title={displayName(workload)} sx={{ fontWeight: 600, ...ELLIPSIS }}>
        {displayName(workload)}
      </Typography>
      <Typography variant="caption" color="text.secondary" component="div" title={below} sx={ELLIPSIS}>
        {below}
        <Box component="span" sx={{ display: { md: "none" } }}>
          {below ? ` · ${workload.image}` : workload.image}
        </Box>
      </Typography>
    </Box>
  );
}

function hasReach(status: Status): boolean {
  return status.kind !== "off" && status.kind !== "stopping";
}
