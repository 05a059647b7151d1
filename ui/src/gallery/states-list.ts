import type { Snapshot } from "@tailnet-share/contract/snapshot";
import { everyKind } from "../testing/every-kind.ts";
import { connected, fault, share, snapshot, visitor, workload } from "../testing/fixtures.ts";
import { body, click, type GalleryState, NO_ANSWER, refusal, see, type } from "./state.ts";
import { thousand } from "./thousand-workloads.ts";

const WEB = "/shares/compose:shop/web/1";
const off = (extra: Parameters<typeof workload>[0] = {}): Snapshot =>
  snapshot({ workloads: [workload(extra)] });
const on = (extra: Parameters<typeof workload>[0] = {}): Snapshot => off({ share: share(), ...extra });
const tcp = (...ports: number[]) => ports.map((port) => ({ port, protocol: "tcp" as const }));
const open = click("button", "Details of shop/web");
const menu = click("button", "Account and settings");
/** The gallery's clock is fixed at noon UTC on 1 March 2026. */
const ends = (until: string): Snapshot => on({ share: share({ until }) });
const visitors = Array.from({ length: 11 }, (_, index) =>
  index % 3 === 2
    ? visitor(`ci-${index}`)
    : visitor(`phone-${index}`, "anna@example.com", index % 2 === 0 ? "direct" : "relayed"),
);
const accounts = [
  ...snapshot().accounts,
  { id: "b", user: "anna@work.test", tailnet: "work.test", controlUrl: "", current: false },
];

/** The list with rows shared on this node, and everything around it. */
export const LIST: readonly GalleryState[] = [
  { id: "list", title: "One of everything", snapshot: snapshot({ workloads: everyKind() }) },
  {
    id: "list-flat",
    title: "Not grouped, shared only",
    snapshot: snapshot({ workloads: everyKind() }),
    steps: [click("checkbox", "Group by project"), click("checkbox", "Shared only")],
  },
  { id: "list-empty", title: "No containers", snapshot: snapshot({ workloads: [] }) },
  {
    id: "list-connecting",
    title: "The engine has not answered yet",
    snapshot: snapshot({ workloads: [], engine: { state: "connecting" } }),
  },
  {
    id: "list-nothing-matches",
    title: "Nothing matches",
    snapshot: off(),
    steps: [type("Search containers", "nothing like it")],
  },
  { id: "list-1000", title: "A thousand containers", snapshot: snapshot({ workloads: thousand() }) },
  {
    id: "list-none-shared",
    title: "Shared only, and nothing is",
    snapshot: off(),
    steps: [click("checkbox", "Shared only")],
  },
  {
    id: "list-still-reachable",
    title: "Switched off, and the rules cannot be taken away",
    snapshot: snapshot({
      workloads: [
        workload({
          ending: {
            fault: fault({
              code: "DATAPLANE_FAILED",
              message:
                "The kernel refused the forwarding rules: Error: Could not process rule: Device or resource busy",
              hint: "Retrying automatically. If this persists, restart Tailnet Share and send its diagnostics.",
            }),
          },
        }),
        workload({ id: "compose:shop/api/1", name: "api", ending: { fault: null } }),
      ],
    }),
    steps: [open],
  },
  {
    id: "list-https",
    title: "A port with HTTPS beside a plain one",
    snapshot: on({
      ports: tcp(3000, 9090),
      share: share({
        ports: [
          { port: 3000, protocol: "tcp", nodePort: 8443, https: true },
          { port: 9090, protocol: "tcp", nodePort: 9090 },
        ],
      }),
    }),
    steps: [open],
  },
  {
    id: "list-https-refused",
    title: "HTTPS, and the tailnet has no certificates",
    snapshot: on({
      ports: tcp(3000),
      share: share({
        ports: [{ port: 3000, protocol: "tcp", nodePort: 8443, https: true }],
        exposure: {
          state: "failed",
          fault: fault({
            code: "HTTPS_NOT_READY",
            message: "HTTPS certificates are off for your tailnet.",
            hint: "Turn on HTTPS certificates in the tailnet's DNS settings; the certificate follows automatically.",
          }),
        },
      }),
    }),
    steps: [open],
  },
  {
    id: "list-no-magicdns",
    title: "Names cannot be looked up: addresses on a second line",
    snapshot: snapshot({ node: connected({ magicDns: false }), workloads: everyKind() }),
  },
  {
    id: "alerts",
    title: "No TUN, no engine, a damaged file",
    snapshot: snapshot({
      engine: {
        state: "unreachable",
        fault: fault({
          code: "ENGINE_UNREACHABLE",
          message: "Can't reach Docker Engine.",
          hint: "Start Docker. Sharing resumes automatically.",
        }),
      },
      dataPlane: {
        mode: "userspace",
        fault: fault({
          code: "NO_TUN",
          message: "No TUN device: /dev/net/tun is missing or unusable. Shares are TCP only and slower.",
          hint: "Create the container with '--device /dev/net/tun'. If the engine's host has no such file, run 'modprobe tun' there.",
        }),
        missing: [],
      },
      alerts: [
        fault({
          code: "STORE_DAMAGED",
          message:
            "shares.json was damaged. It was moved to shares.json.damaged; the copy from 2026-03-01 09:05 UTC is in use.",
          hint: "Check that your shares are as you left them. If it happens again, check the disk.",
        }),
      ],
      workloads: [workload({ share: share() })],
    }),
  },
  {
    id: "row-starting",
    title: "The switch was flipped",
    snapshot: off(),
    answers: { [`PUT ${WEB}`]: NO_ANSWER },
    steps: [click("switch", "Share shop/web"), see("text", "Starting…")],
  },
  {
    id: "row-refused",
    title: "The backend refused to share",
    snapshot: off(),
    answers: {
      [`PUT ${WEB}`]: refusal(
        fault({
          code: "STORE_UNWRITABLE",
          message: "shares.json cannot be written: ENOSPC.",
          hint: "Free some disk space and check Tailnet Share's volume, then try again. Nothing was changed.",
        }),
      ),
    },
    steps: [click("switch", "Share shop/web"), see("text", "Couldn't share web.")],
  },
  {
    id: "row-undo",
    title: "Switched off, with undo",
    snapshot: on(),
    answers: { [`DELETE ${WEB}`]: body(off()) },
    steps: [click("switch", "Share shop/web"), see("button", "Undo")],
  },
  {
    id: "row-qr",
    title: "The QR code of an address",
    snapshot: on(),
    steps: [
      click("button", "QR code for shop/web, port 8080"),
      see("image", "QR code of shop/web, port 8080"),
    ],
  },
  { id: "row-menu", title: "A row's menu", snapshot: on(), steps: [click("button", "More for shop/web")] },
  {
    id: "details",
    title: "Details of a share on this node",
    snapshot: on({
      ports: tcp(80, 8080, 5432),
      share: share({
        ports: [
          { port: 80, protocol: "tcp", nodePort: 8080 },
          { port: 5432, protocol: "tcp", nodePort: 5432 },
        ],
      }),
    }),
    steps: [open],
  },
  {
    id: "details-visitors",
    title: "Who is connected now",
    snapshot: on({ share: share({ visitors }) }),
    steps: [open],
  },
  {
    id: "details-off",
    title: "Details of what is not shared",
    snapshot: off({ ports: tcp(80, 9090) }),
    steps: [open],
  },
  {
    id: "details-no-ports",
    title: "No port is known: the row opens and asks",
    snapshot: off({ ports: [] }),
    steps: [click("switch", "Share shop/web"), type("Port to share of shop/web", "6379")],
  },
  {
    id: "details-gone",
    title: "A share without a container",
    snapshot: on({
      run: "removed",
      containerId: null,
      share: share({ exposure: { state: "waiting", reason: "container-removed" } }),
    }),
    steps: [open],
  },
  { id: "row-ends", title: "A share that ends today", snapshot: ends("2026-03-01T14:30:00Z") },
  {
    id: "details-ends",
    title: "Details of a share that ends tomorrow",
    snapshot: ends("2026-03-02T09:00:00Z"),
    steps: [open],
  },
  {
    id: "details-ends-at",
    title: "A time to end at that is over",
    snapshot: ends("2026-03-02T09:00:00Z"),
    steps: [
      open,
      click("button", "Custom…"),
      type("Stop sharing shop/web at", "2026-02-01T09:00"),
      click("button", "Set the end of shop/web"),
    ],
  },
  { id: "menu", title: "The account menu", snapshot: { ...on(), accounts }, steps: [menu] },
  {
    id: "log-out",
    title: "Logging out asks",
    snapshot: on(),
    steps: [menu, click("menuitem", "Log out"), see("dialog", "Log out?")],
  },
  {
    id: "stop-all",
    title: "Stopping everything asks",
    snapshot: on(),
    steps: [menu, click("menuitem", "Stop sharing everything"), see("dialog", "Stop sharing everything?")],
  },
  {
    id: "stop-all-undo",
    title: "Everything is stopped, with undo",
    snapshot: on(),
    answers: { "DELETE /shares": body(off()) },
    steps: [
      menu,
      click("menuitem", "Stop sharing everything"),
      click("button", "Stop sharing"),
      see("button", "Undo"),
    ],
  },
  {
    id: "copied",
    title: "An address was copied",
    snapshot: on(),
    steps: [click("button", "Copy address of shop/web, port 8080")],
  },
];
