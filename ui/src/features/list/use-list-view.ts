import { useState } from "react";
import { useSession } from "../../api/session.tsx";
import type { ListView } from "../../model/layout.ts";
import { parseView, VIEW_KEY } from "../../model/preferences.ts";

/** The search, the filter and the grouping. The host remembers them. */
export function useListView(): [ListView, (next: ListView) => void] {
  const { host } = useSession();
  const [view, setView] = useState(() => parseView(host.recall(VIEW_KEY)));
  return [
    view,
    (next) => {
      setView(next);
      host.remember(VIEW_KEY, JSON.stringify(next));
    },
  ];
}
