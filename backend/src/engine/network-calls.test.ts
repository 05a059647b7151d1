import { describe, expect, test } from "vitest";
import type { HttpRequest } from "../lib/net/unix-http.ts";
import { type Dialect, dialectOf } from "./dialect.ts";
import { createNetworkCalls } from "./network-calls.ts";
import type { EngineTransport } from "./transport.ts";

const DOCKER = dialectOf({ Components: null }, "1.41");
const PODMAN = dialectOf({ Components: [{ Name: "Podman Engine" }] }, "1.41");

/** An engine that answers every join like this. */
function engine(dialect: Dialect, status: number, message = "") {
  const asked: string[] = [];
  const call = async ({ path }: HttpRequest) => {
    asked.push(path.split("/").at(-1) ?? "");
    const answer = path.endsWith("/connect")
      ? { status, message }
      : { status: 500, message: "no such device" };
    return await Promise.resolve({ status: answer.status, headers: {}, body: JSON.stringify(answer) });
  };
  const transport = { call, dialect: () => dialect } satisfies Partial<EngineTransport> as unknown;
  const { joinNetwork } = createNetworkCalls(transport as EngineTransport);
  return { asked, join: async (address: string | null) => await joinNetwork("net", "self", address) };
}

describe("joining a network", () => {
  test.each([
    ["Docker", DOCKER, 403, "endpoint with name x already exists in network app"],
    [
      "Podman 5",
      PODMAN,
      403,
      "container x is already connected to network app: network is already connected",
    ],
    [
      "Podman 4",
      PODMAN,
      500,
      "container x is already connected to network app: network is already connected",
    ],
  ])("succeeds when %s says that it was joined already", async (_name, dialect, status, message) => {
    for (const address of [null, "10.89.0.9"])
      expect(await engine(dialect, status, message).join(address)).toBe(true);
  });

  test("is tried without an address where Podman says that the address is taken, and is undone first", async () => {
    const { asked, join } = engine(
      PODMAN,
      500,
      "IPAM error: requested ip address 10.89.1.246 is already allocated to x",
    );
    expect(await join("10.89.1.246")).toBe(false);
    expect(asked).toEqual(["connect", "disconnect"]);
  });

  test.each([400, 404, 409, 500])(
    "is undone on Podman when it fails with %i, and reported",
    async (status) => {
      const podman = engine(PODMAN, status, '"pasta" is not supported: invalid network mode');
      await expect(podman.join(null)).rejects.toMatchObject({ code: "ENGINE_REFUSED" });
      expect(podman.asked).toEqual(["connect", "disconnect"]);
      // Only Podman 4 says that with 500.
      const docker = engine(DOCKER, status, "a device with this name already exists");
      await expect(docker.join(null)).rejects.toMatchObject({ code: "ENGINE_REFUSED" });
      expect(docker.asked).toEqual(["connect"]);
    },
  );
});
