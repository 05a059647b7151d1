import type { WorkloadId } from "@tailnet-share/contract/workload";
import { type RefObject, useCallback, useRef } from "react";
import { flushSync } from "react-dom";
import { useSession } from "../../api/session.tsx";
import { useStore } from "../../api/store.ts";

interface DetailsState {
  /** The container whose details are open, if any. */
  readonly opened: WorkloadId | null;
  readonly show: (id: WorkloadId, open: boolean) => void;
  /** Closes the drawer. The focus returns to the row's button if it was in the drawer. */
  readonly close: () => void;
  readonly drawer: RefObject<HTMLDivElement>;
}

/** Decides whose details are open: at most one container's. Outlives the list, which unmounts while the backend restarts. */
export function useDetails(): DetailsState {
  const store = useSession().opened;
  const drawer = useRef<HTMLDivElement>(null);
  const opened = useStore(store);

  const show = useCallback((id: WorkloadId, open: boolean) => store.set(open ? id : null), [store]);
  const close = useCallback(() => {
    const box = drawer.current;
    const id = store.get();
    if (id === null) return;
    const page = box?.ownerDocument;
    const main = box?.closest("main");
    const within = box?.contains(page?.activeElement ?? null) ?? false;
    // In a narrow panel the row cannot take the focus before the drawer has gone.
    flushSync(() => store.set(null));
    if (within) (page?.getElementById(openerId(id)) ?? main)?.focus();
  }, [store]);
  return { opened, show, close, drawer };
}

/** ID of the row's button that opens the details. */
export function openerId(id: WorkloadId): string {
  return `details-of-${id}`;
}
