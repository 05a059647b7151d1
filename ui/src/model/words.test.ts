import { describe, expect, it } from "vitest";
import { expiryWords, expiryWordsHold, nodeWords, pathWords } from "../features/node/node-words.ts";
import { announcement } from "../features/notices/announcement.ts";
import {
  connected,
  fault,
  IDENTITY,
  LOGIN_URL,
  machineShare,
  share,
  snapshot,
  workload,
} from "../testing/fixtures.ts";
import { formatBytes } from "./format.ts";
import { authKeyProblem, controlUrlProblem, hostnameProblem, loginRequest } from "./login-form.ts";
import { displayName, fullName } from "./names.ts";

describe("names", () => {
  it("number the replicas after the first", () => {
    expect(displayName(workload({ id: "compose:shop/web/1" }))).toBe("web");
    expect(displayName(workload({ id: "compose:shop/web/3" }))).toBe("web #3");
    expect(displayName(workload({ id: "name:web" }))).toBe("web");
  });

  it("say the project where it matters to tell workloads apart", () => {
    expect(fullName(workload())).toBe("shop/web");
    expect(fullName(workload({ id: "name:web", project: null }))).toBe("web");
  });
});

it.each([
  [0, "0 B"],
  [999, "999 B"],
  [1_000, "1.0 kB"],
  [12_345, "12.3 kB"],
  [999_600, "1.0 MB"],
  [7_000_000_000, "7.0 GB"],
])("writes %i bytes as %s", (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

describe("the node in words", () => {
  it("says where it is connected and as what", () => {
    expect(nodeWords(connected()).text).toBe("Connected · docker-anna · example.com");
  });

  it("counts down only the last fortnight before its key ends", () => {
    const now = Date.parse("2026-03-01T00:00:00Z");
    expect(expiryWords("2026-03-15T00:00:00Z", now)).toBeNull();
    expect(expiryWords("2026-03-14T00:00:00Z", now)).toContain("13 days");
    expect(expiryWords("2026-03-02T06:00:00Z", now)).toContain("1 day.");
    expect(expiryWords("2026-03-01T06:00:00Z", now)).toContain("within a day");
    expect(expiryWords(null, now)).toBeNull();
  });

  it("counts on by itself, at least once a day", () => {
    const now = Date.parse("2026-03-01T00:00:00Z");
    const end = "2026-03-14T06:00:00Z";
    const hold = expiryWordsHold(end, now);
    expect(hold).toBe(6 * 3_600_000 + 1);
    expect(expiryWords(end, now + (hold ?? 0))).not.toBe(expiryWords(end, now));
    expect(expiryWordsHold(null, now)).toBeNull();
    expect(expiryWordsHold("2026-02-01T00:00:00Z", now)).toBeNull();
  });

  it.each([
    [0, 0, "fra", null],
    [2, 0, "fra", "Direct connections (2)"],
    [0, 1, "fra", "Relayed via DERP fra (slower)"],
    [0, 1, "", "Relayed (slower)"],
    [2, 1, "fra", "2 direct, 1 relayed via DERP fra"],
  ])("says of %i direct and %i relayed devices by '%s': %s", (direct, relayed, relay, text) => {
    expect(pathWords({ direct, relayed, relay })?.text ?? null).toBe(text);
  });
});

describe("what is announced", () => {
  const off = snapshot({ workloads: [workload()] });
  const on = snapshot({ workloads: [workload({ share: share() })] });

  it("is that something is reachable now, and that it no longer is", () => {
    expect(announcement(off, on)).toBe("shop/web is shared.");
    expect(announcement(on, off)).toBe("shop/web is no longer shared.");
  });

  it("is that it no longer is only when that is so, and why it is not", () => {
    const ending = (why: ReturnType<typeof fault> | null) =>
      snapshot({ workloads: [workload({ ending: { fault: why } })] });
    const stuck = ending(fault({ message: "The rules could not be changed." }));
    expect(announcement(on, ending(null))).toBe("");
    expect(announcement(ending(null), off)).toBe("shop/web is no longer shared.");
    expect(announcement(ending(null), stuck)).toBe(
      "shop/web is still reachable. The rules could not be changed.",
    );
    expect(announcement(stuck, off)).toBe("shop/web is no longer shared.");
  });

  it("is that a share has another address, or one more", () => {
    const ports = [80, 90].map((port) => ({ port, protocol: "tcp" as const, nodePort: 8000 + port }));
    const moved = snapshot({ workloads: [workload({ share: share({ ports }) })] });
    expect(announcement(on, moved)).toBe("shop/web has a new address.");
    expect(announcement(moved, on)).toBe("shop/web has a new address.");
  });

  it("is that the login link is ready", () => {
    const asked = snapshot({ node: { state: "logged-out", login: null, fault: null } });
    const waits = snapshot({ node: { state: "logged-out", login: { url: null }, fault: null } });
    const link = snapshot({ node: { state: "logged-out", login: { url: LOGIN_URL }, fault: null } });
    expect(announcement(asked, waits)).toBe("Logging in….");
    expect(announcement(waits, link)).toBe("The login link is ready.");
    expect(announcement(asked, link)).toBe("Logging in…. The login link is ready.");
    expect(announcement(link, link)).toBe("");
  });

  it("is nothing when nothing changed, or a container merely appeared", () => {
    expect(announcement(on, on)).toBe("");
    expect(announcement(snapshot({ workloads: [] }), off)).toBe("");
  });

  it("is the cause when a share fails", () => {
    const failed = snapshot({
      workloads: [workload({ share: share({ exposure: { state: "failed", fault: fault() } }) })],
    });
    expect(announcement(on, failed)).toContain(fault().message);
  });

  it("is that a machine waits for somebody, and later that it is shared", () => {
    const exposure = { state: "needs-approval", by: "log-in", url: LOGIN_URL } as const;
    const waits = snapshot({ workloads: [workload({ share: machineShare({}, { exposure }) })] });
    const up = snapshot({ workloads: [workload({ share: machineShare({}, { ports: [] }) })] });
    expect(announcement(off, waits)).toBe("shop/web needs approval. Log in this machine to finish.");
    expect(announcement(waits, up)).toBe("shop/web is shared.");
  });

  it("is one number when many change at once", () => {
    const ids = ["a", "b", "c", "d"];
    const many = (shared: boolean) =>
      snapshot({
        workloads: ids.map((id) => workload({ id: `name:${id}`, share: shared ? share() : null })),
      });
    expect(announcement(many(false), many(true))).toBe("4 containers changed.");
  });

  it("includes the node's own changes", () => {
    const paused = { ...off, node: { ...IDENTITY, state: "paused" as const } };
    expect(announcement(off, paused)).toBe("Paused · docker-anna · example.com.");
  });
});

describe("the login's options", () => {
  it("check the machine's name by the contract", () => {
    expect(hostnameProblem("docker-anna")).toBeNull();
    expect(hostnameProblem("Docker Anna")).toContain("lower-case");
    expect(hostnameProblem("")).not.toBeNull();
  });

  it("take an empty control server for Tailscale's own", () => {
    expect(controlUrlProblem("")).toBeNull();
    expect(controlUrlProblem("https://headscale.example.com")).toBeNull();
    expect(controlUrlProblem("headscale")).not.toBeNull();
    expect(controlUrlProblem("ftp://headscale.example.com")).not.toBeNull();
  });

  it("do not complain about a key before one is typed", () => {
    expect(authKeyProblem("")).toBeNull();
    expect(authKeyProblem("short")).not.toBeNull();
    expect(authKeyProblem("tskey-auth-abc")).toBeNull();
  });

  it("send a key only when there is one", () => {
    const form = { controlUrl: "", hostname: "a" };
    expect(loginRequest(form)).toEqual(form);
    expect(loginRequest(form, LOGIN_URL)).toEqual({ ...form, authKey: LOGIN_URL });
  });
});
