import { Box, Button, Stack, Typography } from "@mui/material";
import type { Snapshot } from "@tailnet-share/contract/snapshot";
import type { WorkloadId } from "@tailnet-share/contract/workload";
import { type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useSession } from "../../api/session.tsx";
import { useStore } from "../../api/store.ts";
import { PAGE_X } from "../../common/layout.ts";
import type { Choice } from "../../model/choice.ts";
import { plural } from "../../model/format.ts";
import { type Item, isFiltered, isShared, type ListView, layout } from "../../model/layout.ts";
import { parseView, VIEW_KEY } from "../../model/preferences.ts";
import { tailnetOf } from "../../model/tailnet.ts";
import { GroupHeading } from "./group-heading.tsx";
import { ListRows } from "./list-rows.tsx";
import { ListToolbar } from "./list-toolbar.tsx";
import { SkeletonRows } from "./skeleton-rows.tsx";
import { WorkloadRow } from "./workload-row.tsx";

export function WorkloadList({ snapshot }: { snapshot: Snapshot }) {
  const { host, intents, opened: openedRows, choices: chosen } = useSession();
  const [view, setView] = useState(() => parseView(host.recall(VIEW_KEY)));
  const opened = useStore(openedRows);
  const choices = useStore(chosen);
  const field = useRef<HTMLInputElement>(null);
  const asked = useStore(intents);
  const { workloads, skipped, engine, node, settings } = snapshot;
  const tailnet = useMemo(() => tailnetOf(node, settings), [node, settings]);
  const items = useMemo(() => layout(workloads, view), [workloads, view]);

  // Preloads the details once the list is rendered. Opening a row retries after a failed load.
  useEffect(() => void import("../details/row-details.tsx").catch(() => undefined), []);

  const change = (next: ListView) => {
    setView(next);
    host.remember(VIEW_KEY, JSON.stringify(next));
  };
  const open = useCallback(
    (id: WorkloadId, wanted: boolean) => {
      const next = new Set(openedRows.get());
      if (wanted) next.add(id);
      else next.delete(id);
      openedRows.set(next);
    },
    [openedRows],
  );

  const choose = useCallback(
    (id: WorkloadId, choice: Choice) => chosen.set(new Map(chosen.get()).set(id, choice)),
    [chosen],
  );

  const draw = (item: Item): ReactNode =>
    item.kind === "group" ? (
      <GroupHeading group={item.group} oneClick={tailnet.oneClick} />
    ) : (
      <WorkloadRow
        workload={item.workload}
        intent={asked.get(item.workload.id)}
        open={opened.has(item.workload.id)}
        onOpen={open}
        tailnet={tailnet}
        choice={choices.get(item.workload.id)}
        onChoose={choose}
      />
    );

  if (workloads.length === 0) {
    return engine.state === "connecting" ? (
      <Box sx={{ px: PAGE_X }}>
        <SkeletonRows />
      </Box>
    ) : (
      <>
        <Nothing title="No running containers" text="Start a container to share it." />
        {skipped > 0 && <Skipped count={skipped} />}
      </>
    );
  }
  const shared = workloads.filter(isShared).length;
  return (
    <>
      <ListToolbar
        view={view}
        onChange={change}
        summary={`${shared} of ${workloads.length} shared`}
        found={isFiltered(view) ? items.filter(({ kind }) => kind === "row").length : null}
        field={field}
      />
      {items.length === 0 ? (
        <Nothing {...nothingWords(view)}>
          <WayBack
            view={view}
            onChange={(next) => {
              change(next);
              // The button disappears together with the message above it.
              field.current?.focus();
            }}
          />
        </Nothing>
      ) : (
        <ListRows items={items} containers={workloads.length} draw={draw} />
      )}
      {skipped > 0 && <Skipped count={skipped} />}
    </>
  );
}

/** Counts containers that this version can't parse. */
function Skipped({ count }: { count: number }) {
  return (
    <Typography variant="caption" color="text.secondary" sx={{ flex: "none", px: PAGE_X, py: 0.5 }}>
      {plural(count, "container is", "containers are")} not shown, because Docker Engine describes{" "}
      {count === 1 ? "it" : "them"} in an unknown form.
    </Typography>
  );
}

function WayBack({ view, onChange }: { view: ListView; onChange: (view: ListView) => void }) {
  return (
    <Stack direction="row" spacing={1}>
      {view.search.trim() !== "" && (
        <Button variant="outlined" onClick={() => onChange({ ...view, search: "" })}>
          Clear search
        </Button>
      )}
      {view.sharedOnly && (
        <Button variant="outlined" onClick={() => onChange({ ...view, search: "", sharedOnly: false })}>
          Show all containers
        </Button>
      )}
    </Stack>
  );
}

function nothingWords({ sharedOnly, search }: ListView) {
  const words = search.trim();
  if (sharedOnly && words === "")
    return {
      title: "Nothing is shared",
      text: "Turn on a container to see it here.",
    };
  return {
    title: "Nothing matches",
    text: `No ${sharedOnly ? "shared containers" : "containers"} match '${words}'.`,
  };
}

function Nothing({ title, text, children }: { title: string; text: string; children?: ReactNode }) {
  return (
    <Box
      sx={{
        flex: 1,
        display: "grid",
        // Aligns to the top instead of the centre, so that a notice below does not move it.
        placeContent: "start center",
        pt: "12vh",
        justifyItems: "center",
        gap: 1,
        p: 4,
        textAlign: "center",
      }}
    >
      <Typography variant="h6" component="h2">
        {title}
      </Typography>
      <Typography color="text.secondary" sx={{ overflowWrap: "anywhere", maxWidth: 560 }}>
        {text}
      </Typography>
      {children}
    </Box>
  );
}
