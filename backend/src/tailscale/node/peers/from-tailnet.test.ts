import { AppError } from "@tailnet-share/contract/errors";
import { describe, expect, it } from "vitest";
import { down } from "../../localapi/transport.ts";
import { WhoIs } from "../../localapi/types.ts";
import { createFromTailnet } from "./from-tailnet.ts";

const phone = WhoIs.parse({ Node: { Name: "phone.tail.test." } });
const system = (code: string) => Object.assign(new Error(code), { code });

function setUp(answer: () => Promise<WhoIs | null>) {
  const asked: string[] = [];
  const isFromTailnet = createFromTailnet({
    async whois(address) {
      asked.push(address);
      return await answer();
    },
  });
  return { asked, isFromTailnet };
}

describe("a connection from a loopback address, without a TUN", () => {
  it.each<[string, () => Promise<WhoIs | null>, boolean]>([
    ["that tailscaled opened for a device", async () => await Promise.resolve(phone), true],
    ["that tailscaled does not know", async () => await Promise.resolve(null), false],
    ["while tailscaled was never started", async () => await Promise.reject(down(system("ENOENT"))), false],
    ["while tailscaled has ended", async () => await Promise.reject(down(system("ECONNREFUSED"))), false],
  ])("is from the tailnet or not: %s [S205]", async (_what, answer, fromTailnet) => {
    const { asked, isFromTailnet } = setUp(answer);
    expect(await isFromTailnet("127.0.0.1:40000")).toBe(fromTailnet);
    expect(asked).toEqual(["127.0.0.1:40000"]);
  });

  it.each([
    ["breaks the connection", down(system("ECONNRESET"))],
    ["does not answer in time", down(new DOMException("", "TimeoutError"))],
    ["refuses", new AppError("TAILSCALED_REFUSED", "tailscaled refused: no")],
    ["answers something that can't be read", new SyntaxError("no JSON")],
  ])("is unknown while tailscaled runs and %s [S206]", async (_what, failure) => {
    const { isFromTailnet } = setUp(async () => await Promise.reject(failure));
    await expect(isFromTailnet("127.0.0.1:40000")).rejects.toBe(failure);
  });
});

it("a connection from any other address is not from the tailnet, and tailscaled is not asked", async () => {
  const { asked, isFromTailnet } = setUp(async () => await Promise.resolve(phone));
  expect(await isFromTailnet("172.30.0.1:40000")).toBe(false);
  expect(asked).toEqual([]);
});
