import type { WorkloadId } from "@tailnet-share/contract/workload";
import type { ReactNode } from "react";
import { useSession } from "../../api/session.tsx";
import { useStore } from "../../api/store.ts";
import type { Item } from "../../model/layout.ts";
import type { Tailnet } from "../../model/tailnet.ts";
import { GroupHeading } from "./group-heading.tsx";
import { WorkloadRow } from "./workload-row.tsx";

interface RowsOptions {
  readonly tailnet: Tailnet;
  /** The container whose details are open. */
  readonly opened: WorkloadId | null;
  readonly onOpen: (id: WorkloadId, open: boolean) => void;
}

/** Returns what draws an item of the list. Choices outlive a row that scrolls out of view. */
export function useRows({ tailnet, opened, onOpen }: RowsOptions): (item: Item) => ReactNode {
  const session = useSession();
  const choices = useStore(session.choices);
  const asked = useStore(session.intents);

  return (item) =>
    item.kind === "group" ? (
      <GroupHeading group={item.group} oneClick={tailnet.oneClick} />
    ) : (
      <WorkloadRow
        workload={item.workload}
        intent={asked.get(item.workload.id)}
        open={opened === item.workload.id}
        onOpen={onOpen}
        tailnet={tailnet}
        choice={choices.get(item.workload.id)}
      />
    );
}
