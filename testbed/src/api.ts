import { ErrorBody, type Fault } from "@tailnet-share/contract/errors";
import { Snapshot } from "@tailnet-share/contract/model";
import {
  CheckReport,
  Diagnostics,
  Listening,
  type Login,
  NameCheck,
  type PatchNode,
  type PatchSettings,
  type PutShare,
} from "@tailnet-share/contract/routes";
import type { BackendRequest, Page } from "./desktop/page.ts";
import { waitFor } from "./lib/wait-for.ts";

/** The backend refused; `fault` is what it said. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly fault: Fault | null,
    body: string,
  ) {
    super(`the backend answered ${status}: ${fault?.message ?? body.slice(0, 500)}`);
    this.name = "ApiError";
  }
}

/** The backend's interface, typed. Every call rejects with `ApiError` when the answer is no 2xx. */
export interface Api {
  /** With `since`, held back by the backend until something is newer. */
  snapshot(since?: string): Promise<Snapshot>;
  putShare(workload: string, share?: PutShare): Promise<Snapshot>;
  deleteShare(workload: string): Promise<Snapshot>;
  deleteAllShares(): Promise<Snapshot>;
  check(workload: string): Promise<CheckReport>;
  listening(workload: string): Promise<Listening>;
  login(login: Login): Promise<Snapshot>;
  cancelLogin(): Promise<Snapshot>;
  logout(): Promise<Snapshot>;
  patchNode(change: PatchNode): Promise<Snapshot>;
  patchSettings(change: PatchSettings): Promise<Snapshot>;
  checkName(name: string, workload: string): Promise<NameCheck>;
  diagnostics(): Promise<Diagnostics>;
  /** Any call; answers the parsed body. */
  raw(request: BackendRequest): Promise<unknown>;
  /** Follows the snapshots until `probe` answers something; rejects with the last snapshot's node state at the deadline. */
  waitFor<T>(
    what: string,
    probe: (snapshot: Snapshot) => T | undefined | null | false,
    timeoutMs?: number,
  ): Promise<T>;
}

function parseFault(body: string): Fault | null {
  try {
    return ErrorBody.parse(JSON.parse(body)).error;
  } catch {
    return null;
  }
}

export function createApi(page: Page): Api {
  async function raw(request: BackendRequest): Promise<unknown> {
    const { status, body } = await page.request(request);
    if (status < 200 || status > 299) throw new ApiError(status, parseFault(body), body);
    return JSON.parse(body);
  }
  const change = async (request: BackendRequest): Promise<Snapshot> => Snapshot.parse(await raw(request));
  const share = (workload: string): string => `/shares/${encodeURIComponent(workload)}`;
  const snapshot = (since?: string): Promise<Snapshot> =>
    change({
      method: "GET",
      url: since === undefined ? "/snapshot" : `/snapshot?since=${encodeURIComponent(since)}`,
    });

  return {
    raw,
    snapshot,
    putShare: (workload, data = {}) => change({ method: "PUT", url: share(workload), data }),
    deleteShare: (workload) => change({ method: "DELETE", url: share(workload) }),
    deleteAllShares: () => change({ method: "DELETE", url: "/shares" }),
    check: async (workload) =>
      CheckReport.parse(await raw({ method: "POST", url: `${share(workload)}/check` })),
    listening: async (workload) =>
      Listening.parse(
        await raw({ method: "GET", url: `/workloads/${encodeURIComponent(workload)}/listening` }),
      ),
    login: (data) => change({ method: "POST", url: "/login", data }),
    cancelLogin: () => change({ method: "DELETE", url: "/login" }),
    logout: () => change({ method: "POST", url: "/logout" }),
    patchNode: (data) => change({ method: "PATCH", url: "/node", data }),
    patchSettings: (data) => change({ method: "PATCH", url: "/settings", data }),
    checkName: async (name, workload) =>
      NameCheck.parse(
        await raw({ method: "GET", url: `/names/${name}?workload=${encodeURIComponent(workload)}` }),
      ),
    diagnostics: async () => Diagnostics.parse(await raw({ method: "GET", url: "/diagnostics" })),
    async waitFor(what, probe, timeoutMs = 30_000) {
      let last: Snapshot | undefined;
      return waitFor(
        async () => {
          last = await snapshot();
          return probe(last);
        },
        { what, timeoutMs },
      ).catch((error: unknown) => {
        const seen =
          last === undefined
            ? "no snapshot"
            : JSON.stringify({ ...last, settings: undefined }).slice(0, 3_000);
        throw new Error(`${error instanceof Error ? error.message : String(error)}; last seen: ${seen}`, {
          cause: error,
        });
      });
    },
  };
}
