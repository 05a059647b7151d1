import { expect, test } from "vitest";
import type { HttpAnswer } from "../lib/net/unix-http.ts";
import { mayShareMount } from "./shared-mounts.ts";

const OWN = "a".repeat(64);
const SOCKET = { Source: "/var/lib/docker/volumes/guest/_data", Destination: "/run/guest-services" };
const own = { Id: OWN, Mounts: [SOCKET, { Source: "/x", Destination: "/state" }] };
const other = (Mounts: unknown) => ({ Id: "b".repeat(64), Mounts });

const ask = async (rows: readonly unknown[], id = OWN) =>
  await mayShareMount(
    {
      call: async () =>
        await Promise.resolve({ status: 200, headers: {}, body: JSON.stringify(rows) } satisfies HttpAnswer),
      reach: async (work) => await work(),
    },
    id,
    "/run/guest-services",
  );

test.each([
  ["under the same path", [SOCKET]],
  ["under another path", [{ ...SOCKET, Destination: "/sockets" }]],
])("is true when another container mounts the directory %s", async (_where, mounts) => {
  expect(await ask([own, other(mounts)])).toBe(true);
  expect(await ask([own, other(mounts)], OWN.slice(0, 12))).toBe(true);
});

test.each([
  ["mounts nothing", []],
  ["has no list of mounts", null],
  ["mounts another volume there", [{ ...SOCKET, Source: "/var/lib/docker/volumes/other/_data" }]],
  ["mounts another directory of the backend's", [{ Source: "/x", Destination: "/y" }]],
])("is false when the only other container %s", async (_what, mounts) => {
  expect(await ask([own, other(mounts)])).toBe(false);
});

test.each([
  ["doesn't list this container", []],
  ["lists no mounts", [{ ...own, Mounts: null }]],
  ["lists no mount there", [{ ...own, Mounts: [] }]],
  ["doesn't know the mount's source", [{ ...own, Mounts: [{ Destination: SOCKET.Destination }] }]],
])("is true when the engine %s, because nothing rules it out [S145]", async (_what, rows) => {
  expect(await ask(rows)).toBe(true);
});
