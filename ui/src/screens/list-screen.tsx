import { Box } from "@mui/material";
import type { Snapshot } from "@tailnet-share/contract/snapshot";
import { LastingFaults } from "../common/lasting-faults.tsx";
import { ScrollingRegion } from "../common/scrolling-region.tsx";
import { PAGE_X } from "../common/styles.ts";
import { WorkloadList } from "../features/list/workload-list.tsx";
import { NodeBanner } from "../features/node/node-banner.tsx";
import { UpdateNotices } from "../features/node/update-notices.tsx";
import type { ListNode } from "../model/screen.ts";

/**
 * Places notices below the list, so that rows stay in place when one appears or disappears. In the document they come first, so that
 * keyboard users reach them without passing every row.
 */
export function ListScreen({ node, snapshot }: { node: ListNode; snapshot: Snapshot }) {
  return (
    <Box
      component="main"
      tabIndex={-1}
      sx={{ flex: 1, minHeight: 0, display: "flex", flexDirection: "column", outline: "none" }}
    >
      <ScrollingRegion
        name="Notices"
        sx={{ px: PAGE_X, flex: "none", order: 1, maxHeight: "60%", "&:not(:empty)": { py: 1 } }}
      >
        <NodeBanner node={node} />
        <LastingFaults snapshot={snapshot} />
        <UpdateNotices updates={snapshot.updates} />
      </ScrollingRegion>
      <WorkloadList snapshot={snapshot} />
    </Box>
  );
}
