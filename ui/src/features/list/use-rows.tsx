import type { WorkloadId } from "@tailnet-share/contract/workload";
import { type ReactNode, useCallback } from "react";
import { useSession } from "../../api/session.tsx";
import { useStore } from "../../api/store.ts";
import type { Choice } from "../../model/choice.ts";
import type { Item } from "../../model/layout.ts";
import type { Tailnet } from "../../model/tailnet.ts";
import { GroupHeading } from "./group-heading.tsx";
import { WorkloadRow } from "./workload-row.tsx";

/** Returns what draws an item of the list. Open rows and choices outlive a row that scrolls out of view. */
export function useRows(tailnet: Tailnet): (item: Item) => ReactNode {
  const { intents, opened: openedRows, choices: chosen } = useSession();
  const opened = useStore(openedRows);
  const choices = useStore(chosen);
  const asked = useStore(intents);

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

  return (item) =>
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
}
