import { Box, Switch, Typography } from "@mui/material";
import type { Mode } from "@tailnet-share/contract/share";
import { useSession } from "../../api/session.tsx";
import { useStore } from "../../api/store.ts";
import { Changes } from "../../common/changes.tsx";
import { ELLIPSIS } from "../../common/styles.ts";
import { plural } from "../../model/format.ts";
import { type Group, summaryOf } from "../../model/layout.ts";
import { isWanted, shareable } from "./row-actions.ts";

interface GroupHeadingProps {
  readonly group: Group;
  /** The mode that one click selects. */
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
      <Typography component="h2" data-whole={group.title} sx={{ fontWeight: "fontWeightBold", ...ELLIPSIS }}>
        {group.title}
      </Typography>
      <Typography color="text.secondary" sx={{ flex: 1, whiteSpace: "nowrap" }}>
        {summaryOf(group)}
      </Typography>
      {group.project !== null && group.members.length > 1 && (
        <ProjectSwitch group={group} project={group.project} oneClick={oneClick} />
      )}
    </Box>
  );
}

/**
 * Switches the whole project, regardless of the search. On when everything that one click can share is shared. Half-way when only
 * some of it is; a click then shares the rest.
 */
function ProjectSwitch({ group, project, oneClick }: GroupHeadingProps & { project: string }) {
  const { actions, intents } = useSession();
  const asked = useStore(intents);
  const { members } = group;
  const wanted = members.filter((member) => isWanted(member, asked));
  const left = shareable(members, oneClick, asked);
  const on = wanted.length > 0 && left.length === 0;
  const partly = wanted.length > 0 && left.length > 0;
  const containers = (count: number) => plural(count, "container", "containers");
  const off = partly
    ? `${wanted.length} of ${members.length} shared. Turn on to share ${left.length} more.`
    : `Shares ${containers(left.length)} of ${project}.`;
  const effect = on ? `Stops sharing ${containers(wanted.length)} of ${project}.` : off;
  return (
    <Changes>
      <Switch
        size="small"
        checked={on}
        disabled={!on && left.length === 0}
        data-hint={effect}
        sx={partly ? HALF_WAY : {}}
        slotProps={{
          input: {
            role: "switch",
            "aria-label": `Share all of project ${project}`,
            "aria-description": effect,
          },
        }}
        onChange={() =>
          void (on ? actions.unshare(wanted, `Stopped sharing ${project}`) : actions.shareAll(left))
        }
      />
    </Changes>
  );
}

/** The half-way state is visual only. Assistive technology knows two switch states, so words describe the third. */
const HALF_WAY = {
  "& .MuiSwitch-switchBase": { transform: "translateX(8px)", color: "primary.main" },
};
