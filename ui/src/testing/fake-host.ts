import { Snapshot } from "@tailnet-share/contract/snapshot";
import type { Call, Host } from "../host/host.ts";
import { unreachable } from "../host/problem.ts";
import { DESKTOP_WORDS, type HostWords } from "../host/words.ts";
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

export function createFakeHost(first: Snapshot, words: HostWords = DESKTOP_WORDS): FakeHost {
  let current = first;
  let up = true;
  const polls = createPolls();
  const answers = new Map<string, Answer>();
  const changes: Call[] = [];

  async function call(asked: Call): Promise<unknown> {
    if (!up) throw unreachable(words);
    const path = decodeURIComponent(asked.path);
    if (asked.method === "GET" && path.startsWith("/snapshot")) {
      const since = new URL(path, "http://backend").searchParams.get("since");
      return since === current.revision ? polls.hold(asked.signal) : current;
    }
    if (asked.method !== "GET") changes.push({ ...asked, path });
    const answer = await (answers.get(`${asked.method} ${path}`) ?? (() => usual(path, current)))(asked);
    const changed = Snapshot.safeParse(answer);
    if (changed.success) publish(changed.data);
    return answer;
  }

  function publish(next: Snapshot): void {
    current = next;
    for (const { resolve } of polls.release()) resolve(next);
  }

  return {
    ...createDesktop(),
    words,
    clock: createManualClock(),
    changes,
    call,
    publish,
    on: (route, answer) => void answers.set(route, answer),
    reachable(yes) {
      up = yes;
      if (!yes) for (const { reject } of polls.release()) reject(unreachable(words));
    },
  };
}

interface Poll {
  readonly resolve: (snapshot: Snapshot) => void;
  readonly reject: (reason: unknown) => void;
}

/** The polls that wait for news. */
function createPolls() {
  let waiting: Poll[] = [];
  return {
    hold: (signal: AbortSignal | undefined): Promise<Snapshot> =>
      new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        signal?.addEventListener("abort", () => reject(unreachable(DESKTOP_WORDS)));
      }),
    release(): Poll[] {
      const held = waiting;
      waiting = [];
      return held;
    },
  };
}

/** Default answers: every name is free, declared ports have listeners, and the logs are empty. Other calls return the state. */
function usual(path: string, current: Snapshot): unknown {
  if (path === "/logs") return { backend: [], tailscaled: [] };
  const looked = /^\/workloads\/(.+)\/listening$/.exec(path)?.[1];
  if (looked !== undefined) {
    const declared = current.workloads.find(({ id }) => id === looked)?.ports ?? [];
    return { ports: declared.map((port) => ({ ...port, at: "any", families: ["ipv4"] })), fault: null };
  }
  const name = /^\/names\/([^?]+)\?/.exec(path)?.[1];
  return name === undefined ? current : { name, taken: false, proposal: name, dnsName: `${name}.test` };
}

/** The host's actions besides calls: records of what it opened, copied, saved and showed, and its memory. */
function createDesktop() {
  const log = {
    opened: [] as string[],
    copied: [] as string[],
    saved: [] as string[],
    shown: [] as string[],
  };
  const memory = new Map<string, string>();
  return {
    ...log,
    memory,
    openExternal(url: string) {
      log.opened.push(url);
      return true;
    },
    async copy(text: string) {
      log.copied.push(text);
      return true;
    },
    save: (name: string, text: string) => void log.saved.push(`${name} ${text}`),
    containers: {
      async list() {
        log.shown.push("list");
        return true;
      },
      async view(id: string) {
        log.shown.push(`view ${id}`);
        return true;
      },
      async viewLogs(id: string) {
        log.shown.push(`logs ${id}`);
        return true;
      },
    },
    recall: (key: string) => memory.get(key) ?? null,
    remember: (key: string, value: string) => void memory.set(key, value),
  };
}
