import { Listening } from "@tailnet-share/contract/listening";
import type { Workload } from "@tailnet-share/contract/workload";
import { fault, machineShare, share, snapshot, visitor, workload } from "../testing/fixtures.ts";
import { body, click, type GalleryState, NO_ANSWER, see } from "./state.ts";

const ASKED = "GET /workloads/compose:shop/web/1/listening";
const tcp = (...ports: number[]) => ports.map((port) => ({ port, protocol: "tcp" as const }));
const showing = (extra: Partial<Workload>) => snapshot({ workloads: [workload(extra)] });
const finds = (...ports: number[]) => ({
  [ASKED]: body(
    Listening.parse({
      ports: tcp(...ports).map((port) => ({ ...port, at: "any", families: ["ipv4"] })),
      fault: null,
    }),
  ),
});
const open = click("button", "Details of shop/web");
const flip = click("switch", "Share shop/web");
const looked = see("button", "Rescan shop/web");
const cannot = fault({
  code: "ENGINE_REFUSED",
  message: "Couldn't detect the container's open ports.",
  hint: "Enter the port yourself.",
});

/** Ports with listeners, in a row's details. */
export const LISTENING: readonly GalleryState[] = [
  {
    id: "listening",
    title: "Ports that are listened on, that are not, and one that nobody declared",
    snapshot: showing({
      ports: tcp(80, 443),
      share: share({ ports: [{ port: 80, protocol: "tcp", nodePort: 8080 }] }),
    }),
    answers: finds(80, 9229),
    steps: [open, looked],
  },
  {
    id: "listening-asking",
    title: "Asking what is listened on",
    snapshot: showing({ ports: tcp(80, 443) }),
    answers: { [ASKED]: NO_ANSWER },
    steps: [open, see("text", "Address")],
  },
  {
    id: "listening-no-ports",
    title: "No port is declared, two are found",
    snapshot: showing({ ports: [] }),
    answers: finds(3000, 5432),
    steps: [flip, looked],
  },
  {
    id: "listening-no-ports-asking",
    title: "No port is declared, and one is looked for",
    snapshot: showing({ ports: [] }),
    answers: { [ASKED]: NO_ANSWER },
    steps: [flip, see("text", "Address")],
  },
  {
    id: "listening-nothing",
    title: "No port is declared, and nothing listens",
    snapshot: showing({ ports: [] }),
    answers: finds(),
    steps: [flip, looked],
  },
  {
    id: "listening-unknown",
    title: "What is listened on cannot be told",
    snapshot: showing({ ports: [] }),
    answers: { [ASKED]: body(Listening.parse({ ports: [], fault: cannot })) },
    steps: [flip, looked],
  },
  {
    id: "listening-stopped",
    title: "The container does not run",
    snapshot: showing({
      run: "stopped",
      share: share({ exposure: { state: "waiting", reason: "container-stopped" } }),
    }),
    steps: [open, see("text", "Start the container to detect open ports.")],
  },
  {
    id: "listening-machine",
    title: "Ports and clients of a machine",
    snapshot: showing({
      ports: tcp(80),
      share: machineShare(
        {},
        { visitors: [visitor("phone", "anna@example.com", "direct"), visitor("ci", "", "relayed")] },
      ),
    }),
    answers: finds(80, 9229),
    steps: [open, looked],
  },
];
