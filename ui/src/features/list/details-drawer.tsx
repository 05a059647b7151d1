import { Box, type Theme } from "@mui/material";
import type { Workload } from "@tailnet-share/contract/workload";
import { type RefObject, useEffect } from "react";
import { useSession } from "../../api/session.tsx";
import { useStore } from "../../api/store.ts";
import { LazyPart } from "../../common/lazy-part.tsx";
import { lazyPart } from "../../common/load-part.ts";
import { fullName } from "../../model/names.ts";
import { statusOf } from "../../model/status.ts";
import type { Tailnet } from "../../model/tailnet.ts";

const RowDetails = lazyPart(() => import("../details/row-details.tsx"));

/** ID of the drawer, which the rows' buttons control. */
export const DRAWER_ID = "details";
/** In a narrower panel the drawer covers the list: side by side, neither would have room. Pixels. */
const COVERS_BELOW_PX = 760;

interface DetailsDrawerProps {
  readonly workload: Workload;
  readonly tailnet: Tailnet;
  readonly onClose: () => void;
  readonly box: RefObject<HTMLDivElement>;
}

/** Shows a container's details on the right of the list, which stays usable. */
export function DetailsDrawer({ workload, tailnet, onClose, box }: DetailsDrawerProps) {
  const { intents, choices } = useSession();
  const intent = useStore(intents).get(workload.id);
  const choice = useStore(choices).get(workload.id);

  // Not when a field in it, such as that of a missing port, has taken the focus.
  useEffect(() => {
    if (!box.current?.contains(box.current.ownerDocument.activeElement)) box.current?.focus();
  }, [box]);

  return (
    <Box
      ref={box}
      id={DRAWER_ID}
      component="section"
      aria-label={`Details of ${fullName(workload)}`}
      tabIndex={-1}
      sx={drawerStyles}
    >
      <LazyPart>
        <RowDetails
          workload={workload}
          status={statusOf(workload, intent, tailnet.outage)}
          busy={intent !== undefined}
          tailnet={tailnet}
          choice={choice}
          onChoose={(picked) => choices.set(new Map(choices.get()).set(workload.id, picked))}
          onClose={onClose}
        />
      </LazyPart>
    </Box>
  );
}

function drawerStyles({ breakpoints, palette }: Theme) {
  return {
    flex: "none",
    display: "flex",
    flexDirection: "column",
    width: "clamp(400px, 45%, 560px)",
    minHeight: 0,
    outline: "none",
    overflow: "auto",
    bgcolor: "background.paper",
    borderLeft: `1px solid ${palette.divider}`,
    [breakpoints.down(COVERS_BELOW_PX)]: { position: "absolute", inset: 0, width: "auto", borderLeft: 0 },
  };
}

/** Styles of the list beside an open drawer: nothing that is covered takes the focus. The list keeps its scroll position. */
export function besideDrawer({ breakpoints }: Theme) {
  return { [breakpoints.down(COVERS_BELOW_PX)]: { visibility: "hidden" } };
}
