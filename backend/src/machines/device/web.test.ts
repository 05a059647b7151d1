import { expect, test } from "vitest";
import { lackingFeature, sameServe, wantedServe } from "./web.ts";

const NAME = "web.tail.test";
const able = { certDomains: [NAME], capabilities: new Set(["https", "funnel"]) };
const unable = { certDomains: [], capabilities: new Set<string>() };

test("HTTPS on the machine's name leads to the container's port", () => {
  expect(wantedServe({ httpsPort: 8080, funnel: false }, NAME, able)).toEqual({
    TCP: { "443": { HTTPS: true } },
    Web: { "web.tail.test:443": { Handlers: { "/": { Proxy: "http://127.0.0.1:8080" } } } },
  });
  expect(wantedServe({ httpsPort: null, funnel: false }, NAME, able)).toEqual({});
});

test("nothing is served before the tailnet gives certificates, and nothing is public before it allows Funnel", () => {
  expect(wantedServe({ httpsPort: 80, funnel: true }, NAME, unable)).toEqual({});
  expect(lackingFeature({ httpsPort: 80, funnel: true }, NAME, unable)).toMatchObject({
    feature: "serve",
    fault: { code: "HTTPS_NOT_READY" },
  });
  const noFunnel = { certDomains: [NAME], capabilities: new Set(["https"]) };
  expect(wantedServe({ httpsPort: 80, funnel: true }, NAME, noFunnel).AllowFunnel).toBeUndefined();
  expect(lackingFeature({ httpsPort: 80, funnel: true }, NAME, noFunnel)).toMatchObject({
    feature: "funnel",
    fault: { code: "FUNNEL_NOT_READY" },
  });
  expect(wantedServe({ httpsPort: 80, funnel: true }, NAME, able).AllowFunnel).toEqual({
    "web.tail.test:443": true,
  });
});

test("a config that is absent and an empty one are the same; another port is not", () => {
  expect(sameServe({}, { TCP: {}, Web: null, AllowFunnel: {} })).toBe(true);
  const to = (httpsPort: number) => wantedServe({ httpsPort, funnel: false }, NAME, able);
  expect(sameServe(to(80), to(80))).toBe(true);
  expect(sameServe(to(80), to(81))).toBe(false);
  expect(sameServe(to(80), { ...to(80), AllowFunnel: { "web.tail.test:443": false } })).toBe(true);
});
