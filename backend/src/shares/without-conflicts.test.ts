import { expect, it } from "vitest";
import { share } from "../testing.ts";
import { withoutConflicts } from "./without-conflicts.ts";

const tcp = (port: number, nodePort: number) => ({ port, protocol: "tcp" as const, nodePort });
const udp = (port: number, nodePort: number) => ({ port, protocol: "udp" as const, nodePort });
const machine = (key: string) => ({ key, name: "web", reachTailnet: false, httpsPort: null, funnel: false });

it.each([
  ["two shares on one port", [[tcp(80, 80)], [tcp(80, 80)]], [[80], [81]]],
  ["three on one port", [[tcp(80, 80)], [tcp(81, 80)], [tcp(82, 80)]], [[80], [81], [82]]],
  ["a share with one port twice", [[tcp(80, 80), tcp(80, 81)]], [[80]]],
  ["two ports of one share on one port", [[tcp(80, 80), tcp(81, 80)]], [[80, 81]]],
  [
    "a share that took a port that another names",
    [[tcp(80, 80)], [tcp(80, 80), tcp(81, 81)]],
    [[80], [82, 81]],
  ],
  ["the same number for both protocols", [[tcp(80, 80)], [udp(80, 80)]], [[80], [80]]],
  ["no conflict", [[tcp(80, 80)], [tcp(80, 8080)]], [[80], [8080]]],
])("gives every port on the node to one share with %s", (_case, ports, expected) => {
  const shares = ports.map((own, index) => share(`web-${index}`, { ports: own }));
  expect(withoutConflicts(shares).map((share) => share.ports.map(({ nodePort }) => nodePort))).toEqual(
    expected,
  );
});

it("keeps one share per workload and one per machine", () => {
  const twins = [share("a"), share("a"), share("b", { mode: "machine", machine: machine("1") })];
  const all = [...twins, share("c", { mode: "machine", machine: machine("1") }), share("d")];
  expect(withoutConflicts(all).map(({ name }) => name)).toEqual(["a", "b", "d"]);
});

it("leaves the ports of machines alone, which have addresses of their own", () => {
  const shares = [
    share("a", { mode: "machine", machine: machine("1"), ports: [tcp(80, 80)] }),
    share("b", { mode: "node", ports: [tcp(80, 80)] }),
  ];
  expect(withoutConflicts(shares)).toEqual(shares);
});

it("keeps HTTPS, also on a port that has to move", () => {
  const secure = (port: number, nodePort: number) => ({ ...tcp(port, nodePort), https: true as const });
  const shares = [share("a", { ports: [secure(80, 80)] }), share("b", { ports: [secure(80, 80)] })];
  expect(withoutConflicts(shares).map(({ ports }) => ports)).toEqual([[secure(80, 80)], [secure(80, 81)]]);
});
