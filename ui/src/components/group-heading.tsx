import { Box, Switch, Typography } from "@mui/material";
import type { Mode } from "@tailnet-share/contract/model";
import { useSession } from "../api/session.tsx";
import { shareable } from "../model/allowed.ts";
import { plural } from "../model/format.ts";
import { type Group, summaryOf } from "../model/layout.ts";
import { ELLIPSIS } from "./layout.ts";

interface GroupHeadingProps {
  readonly group: Group;
  /** What one click means. */
  readonly oneClick: Mode;
}

export function GroupHeading({ group, oneClick }: GroupHeadingProps) {
  return (
    <Box
      sx={{
        display: "flex",
        alignItems: "center",
        gap: 1,
        pt: 1.5,
        pb: 0.5,
        pr: 6.25,
        minHeight: 45,
        borderBottom: 1,
        borderColor: "divider",
      }}
    >
      <Typography variant="subtitle2" component="h2" title={group.title} sx={ELLIPSIS}>
        {group.title}
      </Typography>
      <Typography variant="body2" color="text.secondary" sx={{ flex: 1, whiteSpace: "nowrap" }}>
        {summaryOf(group)}
      </Typography>
      {group.project !== null && group.workloads.length > 1 && (
        <ProjectSwitch group={group} project={group.project} oneClick={oneClick} />
      )}
    </Box>
  );
}

/** On when everything of the project that can be shared with one click is shared. */
function ProjectSwitch({ group, project, oneClick }: GroupHeadingProps & { project: string }) {
  const { actions } = useSession();
  const shared = group.workloads.filter(({ share }) => share !== null);
  const left = shareable(group.workloads, oneClick);
  const on = shared.length > 0 && left.length === 0;
  const what = plural(left.length, "container", "containers");
  return (
    <Switch
      size="small"
      checked={on}
      disabled={!on && left.length === 0}
      title={on ? `Stop sharing all of ${project}` : `Share ${what} of ${project}`}
      slotProps={{ input: { role: "switch", "aria-label": `Share all of project ${project}` } }}
      onChange={() =>
        void (on ? actions.unshare(shared, `${project} is no longer shared`) : actions.shareAll(left))
      }
    />
  );
}
