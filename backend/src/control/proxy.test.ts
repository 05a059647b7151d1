import { expect, it } from "vitest";
import { proxySecrets, proxyVariables } from "./proxy.ts";

it("finds a proxy's variables, in capitals and not, and nothing else", () => {
  const proxies = { HTTPS_PROXY: "http://10.0.0.9:3128", no_proxy: "localhost", http_proxy: "http://p:1" };
  const others = { HTTP_PROXY: "", PROXY: "x", MY_HTTPS_PROXY: "y", TS_DEBUG_X: "1", PATH: "/bin" };
  expect(proxyVariables({ ...proxies, ...others })).toEqual(proxies);
});

it.each([
  ["http://anna:s%40crets@10.0.0.9:3128", ["s%40crets", "s@crets"]],
  ["http://10.0.0.9:3128", []],
  ["http://anna@10.0.0.9", []],
  ["10.0.0.9:3128", []],
])("a password in %s is a secret", (address, secrets) => {
  expect(proxySecrets({ HTTPS_PROXY: address })).toEqual(secrets);
});
