import { expect, it } from "vitest";
import { machineShare, share, workload } from "../testing/fixtures.ts";
import { rowWarning, sensitivePort } from "./sensitive-ports.ts";

const tcp = (port: number) => ({ port, protocol: "tcp" }) as const;

it.each([22, 2375, 3306, 5432, 6379, 9200, 27_017])("warns about port %i, naming it", (port) => {
  expect(sensitivePort(tcp(port))).toContain(`Port ${port}: `);
});

it("does not warn about a web port, nor about the same number over UDP", () => {
  expect(sensitivePort(tcp(8080))).toBeNull();
  expect(sensitivePort({ port: 5432, protocol: "udp" })).toBeNull();
});

it("warns of what is shared, and before that of what one click would share", () => {
  const db = workload({ ports: [tcp(5432), tcp(22)] });
  expect(rowWarning(db, "node")).toMatch(/^Port 5432: PostgreSQL database/);
  expect(rowWarning(workload({ ports: [tcp(80), tcp(5432)] }), "node")).toBeNull();
  const ssh = share({ ports: [{ ...tcp(22), nodePort: 2222 }] });
  expect(rowWarning({ ...db, share: ssh }, "node")).toMatch(/^Port 22: SSH/);
});

it("says of a machine what is known of the ports that it answers on, declared, named and found", () => {
  const words = /^All ports are reachable, including 6379 \(Redis/;
  expect(rowWarning(workload({ ports: [tcp(80), tcp(6379)] }), "machine")).toMatch(words);
  const found = { ...tcp(6379), nodePort: 6379, address: "a:6379", ipAddress: "b:6379", web: false };
  const own = machineShare(
    {},
    { ports: [], exposure: { state: "live", endpoints: [found], unanswered: [] } },
  );
  expect(rowWarning(workload({ ports: [tcp(80)], share: own }), "machine")).toMatch(words);
  expect(rowWarning(workload({ ports: [tcp(80)], share: machineShare() }), "machine")).toBeNull();
});
