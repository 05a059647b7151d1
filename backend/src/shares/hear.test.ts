import { expect, test } from "vitest";
import { attachment, container, createFakeClock, observed } from "../testing.ts";
import { createHearing } from "./hear.ts";

const tcp = (...ports: number[]) => ports.map((port) => ({ port, protocol: "tcp" as const }));
const FAULT = { code: "ENGINE_UNREACHABLE" as const, message: "", hint: "" };

function hearing({ ports = tcp(7701, 7702), joined = true, fault = false, run = "running" as const } = {}) {
  const asked: string[] = [];
  const app = attachment("app", "172.18.0.9");
  const hear = createHearing({
    observed: () => observed([container("web", { ports, run })], { joined: joined ? [app] : [] }),
    shares: () => [],
    listening: async () => {
      asked.push("listening");
      return await Promise.resolve({ ports: tcp(7701, 7702), fault: fault ? FAULT : null });
    },
    speaksHttp: async (address, port) => {
      asked.push(`${address}:${port}`);
      return await Promise.resolve(port === 7702);
    },
    clock: createFakeClock(),
  });
  return { asked, hear: async () => await hear("name:web", 700) };
}

test("finds the ports that listen and asks them for HTTP, where the network is joined", async () => {
  expect(await hearing().hear()).toEqual({ listening: tcp(7701, 7702), http: [7702] });
});

test("makes no connection to a container whose network is not joined", async () => {
  const { asked, hear } = hearing({ joined: false });
  expect(await hear()).toEqual({ listening: tcp(7701, 7702), http: [] });
  expect(asked).toEqual(["listening"]);
});

test("looks into no container whose port is known by its number", async () => {
  const { asked, hear } = hearing({ ports: tcp(22, 8080) });
  expect(await hear()).toBeNull();
  expect(asked).toEqual([]);
});

test("leaves the choice to the declared ports when nobody can look", async () => {
  expect(await hearing({ fault: true }).hear()).toBeNull();
});
