import { expect, test } from "vitest";
import { attachment, container } from "../testing.ts";
import { findSelf, ownContainerIdFrom } from "./self.ts";

const ID = "4f".repeat(32);

test("finds the own container's ID in the mounts that the engine makes", () => {
  const mounts = [
    "500 480 0:30 / / rw,relatime - overlay overlay rw,lowerdir=/x",
    `512 500 254:0 /var/lib/docker/containers/${ID}/hostname /etc/hostname rw,relatime - ext4 /dev/vda rw`,
  ].join("\n");
  expect(ownContainerIdFrom(mounts)).toBe(ID);
  expect(ownContainerIdFrom("1 2 0:1 / / rw - overlay overlay rw")).toBeNull();
});

test("the home network is the one that the container was created on, also when others were joined before", () => {
  const own = container("backend", {
    id: ID,
    networkMode: { kind: "own", network: "0-tailnet-share" },
    networks: [attachment("app", "172.18.0.9"), attachment("0-tailnet-share", "172.30.0.2")],
  });
  expect(findSelf([own], ID)).toMatchObject({
    homeNetworkId: "id-of-0-tailnet-share",
  });
  expect(findSelf([own], ID.slice(0, 12))?.id).toBe(ID);
  expect(findSelf([own], "another")).toBeNull();
});
