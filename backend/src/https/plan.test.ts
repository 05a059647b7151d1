import { expect, test } from "vitest";
import { type HttpsSeen, noHttps } from "./https.ts";
import { planHttps, planWithoutContainers } from "./plan.ts";

const host = "docker.tail.test";
const front = (nodePort: number) => ({ nodePort, host, proxy: `http://172.30.0.2:${nodePort}` });
const certificate = { host, at: 0 };
const seen = (more: Partial<HttpsSeen> = {}): HttpsSeen => ({
  ...noHttps,
  host,
  certifies: true,
  certificate,
  ...more,
});
const serve = (...ports: number[]) => ({ kind: "serve", fronts: ports.map(front) });

test("serves what is wanted after the kernel's rules have changed, and does nothing when it is in place", () => {
  expect(planHttps([front(443)], true, seen(), 0)).toEqual({ before: [], after: [serve(443)] });
  expect(planHttps([front(443)], true, seen({ fronts: [front(443)] }), 0)).toEqual({ before: [], after: [] });
});

test("gives a port up before the kernel may take it", () => {
  const fronts = [front(443), front(8443)];
  expect(planHttps([front(443)], true, seen({ fronts }), 0)).toEqual({ before: [serve(443)], after: [] });
  expect(planHttps([], false, seen({ fronts }), 0)).toEqual({ before: [serve()], after: [] });
});

test("replaces serve config that is not its own, and leaves a node alone that is not connected", () => {
  expect(planHttps([], false, seen({ fronts: null }), 0).after).toEqual([serve()]);
  expect(planHttps([front(443)], true, noHttps, 0)).toEqual({ before: [], after: [] });
});

test("asks for a certificate that is wanted, for each name once, and again twelve hours later", () => {
  const asks = (now: number, more: Partial<HttpsSeen> = {}, isWanted = true) =>
    planHttps([], isWanted, seen(more), now).after;
  expect(asks(0, { certificate: null })).toEqual([{ kind: "certificate", host }]);
  expect(asks(0, { certificate: { host: "other.tail.test", at: 0 } })).toEqual([
    { kind: "certificate", host },
  ]);
  expect(asks(12 * 3_600_000 - 1)).toEqual([]);
  expect(asks(12 * 3_600_000)).toEqual([{ kind: "certificate", host }]);
  expect(asks(0, { certificate: null, certifies: false })).toEqual([]);
  expect(asks(0, { certificate: null }, false)).toEqual([]);
});

test("withdraws what nobody wants while containers cannot be seen, and changes nothing else", () => {
  const fronts = [front(443), front(8443)];
  const planned = (isWanted: (port: number) => boolean, more: Partial<HttpsSeen>) =>
    planWithoutContainers(isWanted, null, seen(more), 0);
  expect(planned((port) => port === 443, { fronts })).toEqual([serve(443)]);
  expect(planned(() => true, { fronts })).toEqual([]);
  expect(planned(() => false, { fronts: null })).toEqual([]);
  expect(planned(() => false, { fronts, host: null })).toEqual([]);
});

test("opens and closes the panel for the tailnet while containers cannot be seen", () => {
  const [share, panel] = [front(443), front(4180)];
  const planned = (own: (typeof panel)[] | null, more: Partial<HttpsSeen>) =>
    planWithoutContainers((port) => port === 443, own, seen(more), 0);
  expect(planned([panel], { fronts: [share] })).toEqual([serve(443, 4180)]);
  expect(planned([panel], { fronts: [share, panel] })).toEqual([]);
  expect(planned(null, { fronts: [share, panel] })).toEqual([serve(443)]);
  expect(planned([], { fronts: [], certificate: null })).toEqual([{ kind: "certificate", host }]);
});
