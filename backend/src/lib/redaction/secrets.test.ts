import { expect, test } from "vitest";
import { createSecrets, secretsIn, withSafeFaults } from "./secrets.ts";

test("secrets from requests count beside the stored ones, the latest of them", () => {
  const secrets = createSecrets(() => ["stored-secret"]);
  for (const heard of ["0123456789abcdef", "0123456789abcdef", "short"]) secrets.heard(heard);
  expect(secrets.list()).toEqual(["stored-secret", "0123456789abcdef"]);
  for (let number = 0; number < 100; number += 1) secrets.heard(`secret number ${number}`);
  expect(secrets.list()).toHaveLength(33);
  expect(secrets.list()).toContain("secret number 99");
});

test("secrets are found in every kind of request that holds one, also in one that is wrong", () => {
  expect(secretsIn({ authKey: "a-key", hostname: "docker", passphrase: 7 })).toEqual(["a-key"]);
  expect(secretsIn({ machineCredential: { kind: "oauth", clientSecret: "a-secret" } })).toEqual(["a-secret"]);
  expect(secretsIn({ backup: { authKey: "x" }, passphrase: "two words" })).toEqual(["two words"]);
  const deep: unknown = JSON.parse(`${"[".repeat(30_000)}${"]".repeat(30_000)}`);
  expect(secretsIn({ ports: deep, authKey: "a-key" })).toEqual(["a-key"]);
  for (const nothing of [undefined, null, "text", 7, []]) expect(secretsIn(nothing)).toEqual([]);
});

test("a fault that quotes a secret is shown without it; its link and the rest stay [S103]", () => {
  const link = "https://login.tailscale.com/a/0123456789";
  const answer = {
    node: { state: "logged-out", login: { url: link }, fault: fault('no "odd key" here') },
    workloads: [{ id: "name:web", share: { exposure: { state: "failed", fault: fault("tskey-auth-x-y") } } }],
  };
  expect(withSafeFaults(answer, ['"odd key"'])).toEqual({
    node: { state: "logged-out", login: { url: link }, fault: fault("no … here") },
    workloads: [{ id: "name:web", share: { exposure: { state: "failed", fault: fault("tskey-…") } } }],
  });
  const harmless = { node: { fault: fault("nothing of that sort") }, list: [1, null] };
  expect(withSafeFaults(harmless, ["secret"])).toBe(harmless);
});

test.each([
  ["nodekey:0a1b", "nodekey:0a1b"],
  ["tlpub:0a1b", "tlpub:0a1b"],
  ["privkey:0a1b", "privkey:…"],
  ["hskey-auth-x", "hskey-…"],
])("a fault that names %s is answered with %s: somebody may have to sign a public key", (key, answered) => {
  expect(withSafeFaults(fault(`run: sign ${key}`), [])).toEqual(fault(`run: sign ${answered}`));
});

test("the command of a fault and what else it says are as free of secrets as its message", () => {
  const alert = { ...fault("no"), command: "run hskey-auth-x", machines: [{ name: "web" }] };
  expect(withSafeFaults(alert, [])).toEqual({ ...alert, command: "run hskey-…" });
});

function fault(message: string) {
  return { code: "LOGIN_FAILED", message, hint: "Try again." };
}
