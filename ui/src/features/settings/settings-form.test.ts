import { describe, expect, it } from "vitest";
import { machineShare, snapshot, workload } from "../../testing/fixtures.ts";
import {
  type CredentialForm,
  credentialOf,
  credentialProblems,
  EMPTY_CREDENTIAL,
  versionProblem,
} from "./settings-form.ts";
import { oneClickEffect, runningVersions } from "./settings-words.ts";

const oauth = (input: Partial<CredentialForm> = {}): CredentialForm => ({
  ...EMPTY_CREDENTIAL,
  kind: "oauth",
  clientId: "kAbC123CNTRL",
  clientSecret: "tskey-client-secret",
  tags: "tag:web",
  ...input,
});

describe("a way for machines to log in", () => {
  it("takes tags however they are separated", () => {
    expect(credentialOf(oauth({ tags: " tag:web,tag:db  tag:ci, " }))).toMatchObject({
      tags: ["tag:web", "tag:db", "tag:ci"],
    });
  });

  it("names each field that is wrong, and none that is still empty", () => {
    const wrong = oauth({ clientId: "k!", clientSecret: "", tags: "web" });
    expect(Object.keys(credentialProblems(wrong))).toEqual(["clientId", "tags"]);
    expect(credentialProblems(oauth())).toEqual({});
    expect(credentialProblems({ ...EMPTY_CREDENTIAL, kind: "auth-key", authKey: "short" }).authKey).toContain(
      "at least 8",
    );
  });

  it("is not ready before everything is there", () => {
    expect(credentialOf({ ...EMPTY_CREDENTIAL, kind: "oauth" })).toBeNull();
    expect(credentialOf(oauth({ tags: "" }))).toBeNull();
    expect(credentialOf({ ...EMPTY_CREDENTIAL, kind: "auth-key", authKey: "tskey-auth-abc" })).toEqual({
      kind: "auth-key",
      authKey: "tskey-auth-abc",
    });
  });
});

it("takes as a version what can be a tag of the image, and nothing for the bundled one", () => {
  for (const fine of ["", "stable", "v1.102", "v1.102.3"]) expect(versionProblem(fine)).toBeNull();
  for (const wrong of ["1.102", "newest", "v1"]) expect(versionProblem(wrong)).not.toBeNull();
});

describe("settings in words", () => {
  it("say what one click comes to right now", () => {
    expect(oneClickEffect("auto", "node")).toContain("Now: on this node.");
    expect(oneClickEffect("auto", "machine")).toContain("Now: own machine.");
  });

  it("say which versions run, the most frequent first", () => {
    const running = (id: string, version: string | null) =>
      workload({ id: `name:${id}`, share: machineShare({ version }) });
    expect(runningVersions(snapshot({ workloads: [running("a", null)] }))).toBe("No machine runs right now.");
    const workloads = [running("a", "1.90.1"), running("b", "1.92.3"), running("c", "1.92.3")];
    expect(runningVersions(snapshot({ workloads }))).toBe(
      "Running now: 1.92.3 in 2 machines, 1.90.1 in 1 machine.",
    );
  });
});
