import { expect, it } from "vitest";
import { devicesIn } from "./tailnet-devices.ts";
import { Status } from "./types.ts";

const device = (ID: string, DNSName: string) => ({ ID, DNSName, HostName: "h", PublicKey: `nodekey:${ID}` });
const statusOf = (self: string, peers: readonly [string, string][]) =>
  Status.parse({
    Version: "1",
    BackendState: "Running",
    Self: device("self", self),
    Peer: Object.fromEntries(peers.map(([id, name]) => [`nodekey:${id}`, device(id, name)])),
  });

it("tells devices of this tailnet from those of others, whose names are free here", () => {
  const status = statusOf("docker.tail1234.ts.net.", [
    ["own", "web.tail1234.ts.net."],
    ["shared", "web.colleague.ts.net."],
    ["sold", "se-sto-wg-001.mullvad.ts.net."],
    ["nameless", ""],
  ]);
  expect(devicesIn(status)).toEqual([
    { id: "self", name: "docker", foreign: false },
    { id: "own", name: "web", foreign: false },
    { id: "shared", name: "web", foreign: true },
    { id: "sold", name: "se-sto-wg-001", foreign: true },
  ]);
});

it("takes every device for its own where the node has no name yet", () => {
  expect(devicesIn(statusOf("", [["own", "web.tail1234.ts.net."]]))).toMatchObject([{ foreign: false }]);
});
