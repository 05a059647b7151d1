import { expect, it } from "vitest";
import { keyAddress, troubleOfAnswer } from "./probe.ts";

const KEY = '{"legacyPublicKey":"mkey:00","publicKey":"mkey:11"}';

it.each([
  [200, KEY, null],
  [200, `{\n  "publicKey": "mkey:11"\n}`, null],
  [200, "a".repeat(64), null],
  [200, "<html>Welcome</html>", "not-a-control-server"],
  [200, "", "not-a-control-server"],
  [200, '{"publicKey":"ssh-rsa AAAA"}', "not-a-control-server"],
  [404, "", "not-a-control-server"],
  [403, "Forbidden", "not-a-control-server"],
  [401, KEY, "not-a-control-server"],
  [400, "Client sent an HTTP request to an HTTPS server.", "not-a-control-server"],
  [407, "", "proxy"],
  [502, "Bad Gateway", "unreachable"],
  [503, "", "unreachable"],
  // tailscaled follows a redirect, and a rate limit doesn't rule a server out.
  [301, "", null],
  [308, "", null],
  [429, "slow down", null],
])("an answer of %i with %j", (status, body, trouble) => {
  expect(troubleOfAnswer(status, body)).toBe(trouble);
});

it.each([
  ["https://control.example", "https://control.example/key?v=142"],
  ["http://10.0.0.1:8080/", "http://10.0.0.1:8080/key?v=142"],
])("the key of %s is asked for at %s", (controlUrl, address) => {
  expect(keyAddress(controlUrl)).toBe(address);
});
