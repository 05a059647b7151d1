import { type Unanswered, UnansweredReason } from "@tailnet-share/contract/share";
import { describe, expect, it } from "vitest";
import { isOn, menuActions, shareable, switchAction } from "../features/list/row-actions.ts";
import { fault, machineShare, share, workload } from "../testing/fixtures.ts";
import {
  addressOf,
  sentenceOf,
  statusOf,
  toneOf,
  unansweredFaults,
  unansweredWords,
  wordsOf,
} from "./status.ts";

const exposed = (exposure: NonNullable<ReturnType<typeof workload>["share"]>["exposure"]) =>
  statusOf(workload({ share: share({ exposure }) }), undefined);

const unanswered = (reason: UnansweredReason, ...ports: readonly number[]): Unanswered[] =>
  ports.map((port) => ({ port, protocol: "tcp", reason }));

describe("a share that doesn't answer clients", () => {
  it.each(UnansweredReason.options)("is not well, and says why and what to do: %s", (reason) => {
    const status = exposed({ state: "live", endpoints: [], unanswered: unanswered(reason, 80) });
    expect(toneOf(status)).toBe("waiting");
    expect(wordsOf(status)).not.toBe("Shared");
    const [first, ...more] = unansweredFaults(status);
    expect(more).toEqual([]);
    expect(first?.message).toContain("port 80");
    expect(first?.hint).not.toBe("");
  });

  it("names each reason with its ports", () => {
    const both = [...unanswered("refused", 81), ...unanswered("loopback-only", 80)];
    expect(unansweredWords({ unanswered: both })).toBe(
      "port 81 is closed; it listens on 127.0.0.1 only, on port 80",
    );
  });

  it.each([
    ["loopback-only", "tcp", true],
    ["ipv6-only", "tcp", true],
    ["loopback-only", "udp", false],
    ["ipv6-only", "udp", false],
    ["no-ipv6", "tcp", false],
    ["other-address", "tcp", false],
  ] as const)("suggests sharing as a machine only where that helps (%s, %s)", (reason, protocol, helps) => {
    const status = exposed({ state: "live", endpoints: [], unanswered: [{ port: 80, protocol, reason }] });
    const hint = unansweredFaults(status)[0]?.hint ?? "";
    expect(hint).not.toBe("");
    expect(hint.includes("its own machine")).toBe(helps);
  });
});

describe("a workload's status", () => {
  it("is what was observed, in words and a sentence", () => {
    const said = (status: ReturnType<typeof statusOf>) => [
      toneOf(status),
      wordsOf(status),
      sentenceOf(status),
    ];
    expect(said(statusOf(workload(), undefined))).toEqual(["idle", "Not shared", null]);
    expect(said(exposed({ state: "live", endpoints: [], unanswered: [] }))).toEqual(["good", "Shared", null]);
    expect(said(exposed({ state: "live", endpoints: [], unanswered: unanswered("refused", 8080) }))).toEqual([
      "waiting",
      "Port closed",
      null,
    ]);
    expect(unansweredWords({ unanswered: unanswered("refused", 80, 90) })).toBe("ports 80 and 90 are closed");
    expect(unansweredWords({ unanswered: [] })).toBeNull();
    expect(said(exposed({ state: "pending", progress: "Joining the network…" }))).toEqual([
      "busy",
      "Starting…",
      "Joining the network…",
    ]);
    expect(said(exposed({ state: "waiting", reason: "container-stopped" }))).toEqual([
      "waiting",
      "Waiting",
      "Resumes when the container starts",
    ]);
    expect(said(exposed({ state: "failed", fault: fault() }))).toEqual([
      "bad",
      "Not reachable",
      fault().message,
    ]);
    expect(said(statusOf(workload({ refusal: fault() }), undefined))).toEqual([
      "idle",
      "Can't be shared",
      fault().message,
    ]);
  });

  it("says whom a machine waits for, and that the link has not come yet", () => {
    const url = "https://login.example.com/a/1";
    const waits = (by: "log-in" | "admin", link: string | null) =>
      sentenceOf(exposed({ state: "needs-approval", by, url: link }));
    expect(wordsOf(exposed({ state: "needs-approval", by: "admin", url }))).toBe("Needs approval");
    expect(toneOf(exposed({ state: "needs-approval", by: "admin", url }))).toBe("waiting");
    expect(waits("log-in", url)).toBe("Log in this machine to finish");
    expect(waits("admin", url)).toBe("Needs admin approval");
    expect(waits("log-in", null)).toBe("Waiting for its login");
  });

  it("has its HTTPS address first, and a machine's name where no port is known", () => {
    const address = (item: ReturnType<typeof machineShare>, magicDns = true) => {
      const status = statusOf(workload({ share: item }), undefined);
      return status.kind === "live" ? addressOf(status, magicDns) : null;
    };
    expect(address(machineShare())).toBe("http://web.tail1234.ts.net");
    expect(address(machineShare({ httpsPort: 80 }))).toBe("https://web.tail1234.ts.net");
    expect(address(machineShare({}, { ports: [] }))).toBe("web.tail1234.ts.net");
    expect(address(machineShare(), false)).toBe("http://100.64.0.21");
    // HTTPS has no address that works without a name.
    expect(address(machineShare({ httpsPort: 80 }), false)).toBe("http://100.64.0.21");
    expect(address(machineShare({}, { ports: [] }), false)).toBe("100.64.0.21");
  });

  it("shows what was asked for before the backend has answered", () => {
    expect(wordsOf(statusOf(workload(), "share"))).toBe("Starting…");
    expect(wordsOf(statusOf(workload({ share: share() }), "unshare"))).toBe("Stopping…");
  });

  it("stays as it is while only its ports change", () => {
    expect(wordsOf(statusOf(workload({ share: share() }), "change"))).toBe("Shared");
  });

  it("shows a share that exists even when it would be refused today, so that it can be switched off", () => {
    expect(statusOf(workload({ share: share(), refusal: fault() }), undefined).kind).toBe("live");
  });
});

describe("the switch", () => {
  const action = (item: ReturnType<typeof workload>, mode: "node" | "machine" = "node") =>
    switchAction(item, statusOf(item, undefined), mode).does;

  it("shares, stops sharing, or asks for a port where none is known", () => {
    expect(action(workload())).toBe("share");
    expect(action(workload({ share: share() }))).toBe("unshare");
    expect(action(workload({ ports: [] }))).toBe("ask");
  });

  it("shares a container whose ports the engine has not reported yet, because the backend waits for them", () => {
    expect(action(workload({ ports: [], portsKnown: false }))).toBe("share");
  });

  it("needs no port where one click makes a machine, and asks where there cannot be one", () => {
    expect(action(workload({ ports: [] }), "machine")).toBe("share");
    expect(action(workload({ machine: { name: "web", refusal: fault() } }), "machine")).toBe("ask");
    expect(action(workload({ machine: { name: "web", refusal: fault() } }), "node")).toBe("share");
  });

  it("does nothing for a workload that cannot be shared", () => {
    const item = workload({ refusal: fault() });
    expect(switchAction(item, statusOf(item, undefined), "node")).toEqual({
      does: "nothing",
      why: fault().message,
    });
  });

  it("stands on for as long as sharing is what the user wants", () => {
    expect(isOn(exposed({ state: "failed", fault: fault() }))).toBe(true);
    expect(isOn(exposed({ state: "waiting", reason: "node-offline" }))).toBe(true);
    expect(isOn(exposed({ state: "needs-approval", by: "log-in", url: null }))).toBe(true);
    expect(isOn(statusOf(workload({ share: share() }), "unshare"))).toBe(false);
  });
});

describe("the row's menu", () => {
  const menu = (item: ReturnType<typeof workload>, host = true) =>
    menuActions(item, statusOf(item, undefined), host);

  it("offers only what would work", () => {
    expect(menu(workload())).toEqual(["view-container", "view-logs"]);
    expect(menu(workload({ share: share() }))).toEqual(["view-container", "view-logs", "copy-address"]);
    expect(menu(workload({ share: share() }), false)).toEqual(["copy-address"]);
  });

  it("forgets only a share whose container is gone", () => {
    const exposure = { state: "waiting", reason: "container-removed" } as const;
    const gone = workload({ run: "removed", containerId: null, share: share({ exposure }) });
    expect(menu(gone)).toEqual(["forget"]);
  });
});

it("leaves out of a project's switch what one click cannot share", () => {
  const items = [
    workload({ id: "compose:shop/a/1" }),
    workload({ id: "compose:shop/b/1", share: share() }),
    workload({ id: "compose:shop/c/1", refusal: fault() }),
    workload({ id: "compose:shop/d/1", ports: [] }),
  ];
  expect(shareable(items, "node", new Map()).map(({ id }) => id)).toEqual(["compose:shop/a/1"]);
  const asMachines = [
    ...items,
    workload({ id: "compose:shop/e/1", machine: { name: "e", refusal: fault() } }),
  ];
  expect(shareable(asMachines, "machine", new Map()).map(({ id }) => id)).toEqual([
    "compose:shop/a/1",
    "compose:shop/d/1",
  ]);
});
