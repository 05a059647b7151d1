import { Snapshot } from "@tailnet-share/contract/snapshot";
import type { Call, Host } from "../host/host.ts";
import { unreachable } from "../host/problem.ts";
import { createManualClock, type ManualClock } from "./manual-clock.ts";

type Answer = (call: Call) => unknown;

/** Fakes a backend with the contract's long poll, inside a host that records calls. */
export interface FakeHost extends Host {
  readonly clock: ManualClock;
  /** Every requested change, such as `PUT /shares/…`. */
  readonly changes: Call[];
  readonly opened: string[];
  readonly copied: string[];
  readonly saved: string[];
  readonly shown: string[];
  readonly memory: Map<string, string>;
  /** Sets the backend's state and answers pending polls with it. */
  publish(next: Snapshot): void;
  /** Sets the backend's answer to `"PUT /shares/…"`, with the path decoded. A snapshot in the answer becomes the backend's state. */
  on(route: string, answer: Answer): void;
  reachable(yes: boolean): void;
}

export function createFakeHost(first: Snapshot): FakeHost {
  let current = first;
  let up = true;
  let waiting: Array<{ resolve: (snapshot: Snapshot) => void; reject: (reason: unknown) => void }> = [];
  const answers = new Map<string, Answer>();
  const clock = createManualClock();
  const memory = new Map<string, string>();
  const log = { changes: [] as Call[], opened: [] as string[], copied: [] as string[] };
  const more = { saved: [] as string[], shown: [] as string[] };

  async function call(asked: Call): Promise<unknown> {
    if (!up) throw unreachable();
    const path = decodeURIComponent(asked.path);
    if (asked.method === "GET" && path.startsWith("/snapshot")) {
      const since = new URL(path, "http://backend").searchParams.get("since");
      if (since !== current.revision) return current;
      return new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        asked.signal?.addEventListener("abort", () => reject(unreachable()));
      });
    }
    if (asked.method !== "GET") log.changes.push({ ...asked, path });
    const answer = await (answers.get(`${asked.method} ${path}`) ?? (() => usual(path)))(asked);
    const changed = Snapshot.safeParse(answer);
    if (changed.success) publish(changed.data);
    return answer;
  }

  function publish(next: Snapshot): void {
    current = next;
    for (const { resolve } of polls()) resolve(next);
  }

  function polls() {
    const held = waiting;
    waiting = [];
    return held;
  }

  /** Default answers: every name is free, declared ports have listeners, and the logs are empty. Other calls return the state. */
  function usual(path: string): unknown {
    if (path === "/logs") return { backend: [], tailscaled: [] };
    const looked = /^\/workloads\/(.+)\/listening$/.exec(path)?.[1];
    if (looked !== undefined) {
      const declared = current.workloads.find(({ id }) => id === looked)?.ports ?? [];
      return { ports: declared.map((port) => ({ ...port, at: "any", families: ["ipv4"] })), fault: null };
    }
    const name = /^\/names\/([^?]+)\?/.exec(path)?.[1];
    return name === undefined ? current : { name, taken: false, proposal: name, dnsName: `${name}.test` };
  }

  return {
    ...log,
    ...more,
    clock,
    memory,
    call,
    publish,
    on: (route, answer) => void answers.set(route, answer),
    reachable(yes) {
      up = yes;
      if (!yes) for (const { reject } of polls()) reject(unreachable());
    },
    openExternal(url) {
      log.opened.push(url);
      return true;
    },
    async copy(text) {
      log.copied.push(text);
      return true;
    },
    save: (name, text) => void more.saved.push(`${name} ${text}`),
    containers: {
      async view(id) {
        more.shown.push(`view ${id}`);
        return true;
      },
      async viewLogs(id) {
        more.shown.push(`logs ${id}`);
        return true;
      },
    },
    recall: (key) => memory.get(key) ?? null,
    remember: (key, value) => void memory.set(key, value),
  };
}
