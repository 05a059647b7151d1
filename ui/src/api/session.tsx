import type { PutShare } from "@tailnet-share/contract/share";
import type { Snapshot } from "@tailnet-share/contract/snapshot";
import type { Workload, WorkloadId } from "@tailnet-share/contract/workload";
import { QueryClient, QueryClientProvider, skipToken, useQuery } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect } from "react";
import type { Host } from "../host/host.ts";
import type { Choice } from "../model/choice.ts";
import type { Intents } from "../model/intent.ts";
import { type Actions, createActions } from "./actions.ts";
import { createClient } from "./client.ts";
import { createFeed, type Feed, type Link } from "./feed.ts";
import { createLinkOpener } from "./link-opener.ts";
import { createNotices, type Notices } from "./notices.ts";
import { createStore, type Store, useStore } from "./store.ts";
import type { Visitor, VisitorState } from "./visitor.ts";

/** Objects shared by the panel's parts. None of them changes during a panel's life, so the context never causes a re-render. */
export interface Session {
  readonly host: Host;
  readonly queries: QueryClient;
  readonly feed: Feed;
  readonly link: Store<Link>;
  readonly intents: Store<Intents>;
  readonly notices: Notices;
  readonly actions: Actions;
  /** The container with open details. Kept outside the list, which unmounts while the backend restarts. */
  readonly opened: Store<WorkloadId | null>;
  /** Options picked in rows that are not shared yet. */
  readonly choices: Store<ReadonlyMap<WorkloadId, Choice>>;
  /** The user of a panel in a browser. Null in an extension host, which has no users. */
  readonly visitor: Visitor | null;
}

const SNAPSHOT = ["snapshot"];

export function createSession(host: Host, visitor: Visitor | null = null): Session {
  const client = createClient(host);
  const queries = new QueryClient();
  const link = createStore<Link>({ failures: 0, problem: null });
  const intents = createStore<Intents>(new Map());
  const notices = createNotices();
  const opener = createLinkOpener((url) => host.openExternal(url));
  const feed = createFeed({
    ask: async (since, signal) => await client.snapshot(since ?? undefined, signal),
    publish(snapshot) {
      // The cache keeps equal parts of the previous value, so unchanged rows do not re-render.
      queries.setQueryData(SNAPSHOT, snapshot);
      opener.see(snapshot);
    },
    link: link.set,
    clock: host.clock,
  });
  const opened = createStore<WorkloadId | null>(null);
  const choices = createStore<ReadonlyMap<WorkloadId, Choice>>(new Map());
  function ask({ id }: Workload, { mode }: PutShare): void {
    if (mode !== undefined) choices.set(new Map(choices.get()).set(id, { mode, name: null }));
    opened.set(id);
  }
  const actions = createActions({ client, feed, intents, notices, opener, ask });
  return { host, queries, feed, link, intents, notices, actions, opened, choices, visitor };
}

const SessionContext = createContext<Session | null>(null);

export function SessionProvider({ session, children }: { session: Session; children: ReactNode }) {
  useEffect(() => {
    session.feed.start();
    return () => session.feed.stop();
  }, [session]);
  return (
    <SessionContext.Provider value={session}>
      <QueryClientProvider client={session.queries}>{children}</QueryClientProvider>
    </SessionContext.Provider>
  );
}

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error("useSession outside SessionProvider");
  return session;
}

const NO_VISITOR = createStore<VisitorState>({ kind: "unknown" });

/** Whether the user may change something. Only the role `view` of a panel in a browser may not. */
export function useMayChange(): boolean {
  const state = useStore(useSession().visitor?.state ?? NO_VISITOR);
  return state.kind !== "in" || state.you.role !== "view";
}

export function useSnapshot(): Snapshot | undefined {
  return useQuery<Snapshot>({
    queryKey: SNAPSHOT,
    queryFn: skipToken,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: Number.POSITIVE_INFINITY,
  }).data;
}
