import { Box, Typography } from "@mui/material";
import type { Snapshot } from "@tailnet-share/contract/snapshot";
import { type KeyboardEvent, useEffect, useMemo, useRef } from "react";
import { useOutage } from "../../api/use-outage.ts";
import { PAGE_X } from "../../common/styles.ts";
import { plural } from "../../model/format.ts";
import { isFiltered, isShared, layout } from "../../model/layout.ts";
import { tailnetOf } from "../../model/tailnet.ts";
import { besideDrawer, DetailsDrawer } from "./details-drawer.tsx";
import { NoContainers, NoMatches } from "./empty-list.tsx";
import { ListRows } from "./list-rows.tsx";
import { ListToolbar } from "./list-toolbar.tsx";
import { SkeletonRows } from "./skeleton-rows.tsx";
import { useDetails } from "./use-details.ts";
import { useListView } from "./use-list-view.ts";
import { useRows } from "./use-rows.tsx";

export function WorkloadList({ snapshot }: { snapshot: Snapshot }) {
  const [view, change] = useListView();
  const field = useRef<HTMLInputElement>(null);
  const { workloads, skipped, engine, node, settings } = snapshot;
  const outage = useOutage(snapshot);
  const tailnet = useMemo(() => tailnetOf(node, settings, outage), [node, settings, outage]);
  const items = useMemo(() => layout(workloads, view), [workloads, view]);
  const { opened, show, close, drawer } = useDetails();
  const draw = useRows({ tailnet, opened, onOpen: show });

  // Preloads the details once the list is rendered. Opening a row retries after a failed load.
  useEffect(() => void import("../details/row-details.tsx").catch(() => undefined), []);

  if (workloads.length === 0) {
    return engine.state === "connecting" ? (
      <Box sx={{ px: PAGE_X }}>
        <SkeletonRows />
      </Box>
    ) : (
      <>
        <NoContainers />
        {skipped > 0 && <Skipped count={skipped} />}
      </>
    );
  }
  const shared = workloads.filter(isShared).length;
  const detailed = workloads.find(({ id }) => id === opened);

  function closeByKey({ key, target }: KeyboardEvent) {
    // In the search field, Esc empties the field.
    if (key === "Escape" && !(target instanceof HTMLInputElement && target.type === "search")) close();
  }
  return (
    <Box
      onKeyDown={closeByKey}
      sx={{ flex: 1, minHeight: 0, minWidth: 0, display: "flex", position: "relative" }}
    >
      <Box sx={[LIST, detailed ? besideDrawer : {}]}>
        <ListToolbar
          view={view}
          onChange={change}
          summary={`${shared} of ${workloads.length} shared`}
          found={isFiltered(view) ? items.filter(({ kind }) => kind === "row").length : null}
          field={field}
        />
        {items.length === 0 ? (
          <NoMatches
            view={view}
            onChange={(next) => {
              change(next);
              // The button disappears together with the message above it.
              field.current?.focus();
            }}
          />
        ) : (
          <ListRows items={items} containers={workloads.length} draw={draw} />
        )}
        {skipped > 0 && <Skipped count={skipped} />}
      </Box>
      {detailed && (
        <DetailsDrawer key={detailed.id} workload={detailed} tailnet={tailnet} onClose={close} box={drawer} />
      )}
    </Box>
  );
}

/** Rows go by the width that the drawer leaves. */
const LIST = {
  flex: 1,
  minWidth: 0,
  minHeight: 0,
  display: "flex",
  flexDirection: "column",
  containerType: "inline-size",
};

/** Counts containers that this version can't parse. */
function Skipped({ count }: { count: number }) {
  return (
    <Typography variant="caption" color="text.secondary" sx={{ flex: "none", px: PAGE_X, py: 0.5 }}>
      {plural(count, "container is", "containers are")} not shown, because the engine describes{" "}
      {count === 1 ? "it" : "them"} in an unknown form.
    </Typography>
  );
}
