import type { MachineView } from "@tailnet-share/contract/machine";
import type { ShareView } from "@tailnet-share/contract/share";
import type { Snapshot } from "@tailnet-share/contract/snapshot";
import {
  APPROVAL_URL,
  connected,
  fault,
  machineShare,
  settings,
  share,
  snapshot,
  workload,
} from "../testing/fixtures.ts";
import { body, click, type GalleryState, pass, scrollTo, see, type } from "./state.ts";

const on = (view: Partial<MachineView> = {}, input: Partial<ShareView> = {}): Snapshot =>
  snapshot({
    workloads: [
      workload({
        ports: [
          { port: 80, protocol: "tcp" },
          { port: 9090, protocol: "tcp" },
        ],
        share: machineShare(view, input),
      }),
    ],
  });
const failing = (failure: ReturnType<typeof fault>): Snapshot =>
  on({ addresses: [], version: null }, { exposure: { state: "failed", fault: failure } });
const waitsFor = (by: "log-in" | "admin", url: string | null): Snapshot =>
  on({ addresses: [], version: null }, { exposure: { state: "needs-approval", by, url } });
const open = click("button", "Details of shop/web");
const noEgress = fault({
  code: "NOT_A_MACHINE",
  message: "Its networks are internal and can't reach the control server.",
  hint: "Share it on this node instead.",
});
const qr = see("image", "QR code of the approval link of shop/web");

/** Shares in mode `machine`. */
export const MACHINE: readonly GalleryState[] = [
  { id: "machine-row", title: "A machine of its own, with a port", snapshot: on() },
  {
    id: "machine-row-no-ports",
    title: "A machine without a known port",
    snapshot: on({}, { ports: [], exposure: { state: "live", endpoints: [], unanswered: [] } }),
  },
  {
    id: "machine-row-no-magicdns",
    title: "A machine without a known port where names cannot be looked up",
    snapshot: {
      ...on({}, { ports: [], exposure: { state: "live", endpoints: [], unanswered: [] } }),
      node: connected({ magicDns: false }),
    },
  },
  { id: "machine-details", title: "Details of a machine", snapshot: on(), steps: [open] },
  {
    id: "machine-forwarded",
    title: "A machine whose program listens on 127.0.0.1 only",
    snapshot: on({ forwarded: [80] }),
    steps: [open],
  },
  {
    id: "machine-starting",
    title: "A machine that starts",
    snapshot: on(
      { addresses: [], version: null },
      { exposure: { state: "pending", progress: "Starting its machine…", stage: "start" } },
    ),
    steps: [open],
  },
  {
    id: "machine-chosen",
    title: "Own machine chosen before it is shared",
    snapshot: snapshot(),
    steps: [open, click("radio", "Own machine")],
  },
  {
    id: "machine-name-typed",
    title: "A name as it is typed",
    snapshot: on(),
    steps: [open, type("Machine name", "wiki")],
  },
  {
    id: "machine-name-wrong",
    title: "A name that no device can have",
    snapshot: on(),
    steps: [open, type("Machine name", "My wiki!")],
  },
  {
    id: "machine-name-taken",
    title: "A name that is taken",
    snapshot: on(),
    answers: {
      "GET /names/grafana?workload=compose:shop/web/1": body({
        name: "grafana",
        taken: true,
        proposal: "grafana-2",
        dnsName: "grafana.tail1234.ts.net",
      }),
    },
    steps: [open, type("Machine name", "grafana"), pass(300), see("button", "Use grafana-2")],
  },
  {
    id: "machine-approve-login",
    title: "A machine waits for its login link to be opened",
    snapshot: waitsFor("log-in", APPROVAL_URL),
    steps: [open, qr],
  },
  {
    id: "machine-approve-admin",
    title: "A machine waits for the admin",
    snapshot: waitsFor("admin", "https://login.tailscale.com/admin/machines"),
    steps: [open, qr],
  },
  {
    id: "machine-approve-asking",
    title: "A machine waits for its link",
    snapshot: waitsFor("log-in", null),
    steps: [open],
  },
  {
    id: "machine-approve-late",
    title: "A machine has no link after ten seconds",
    snapshot: waitsFor("log-in", null),
    steps: [open, pass(10_000)],
  },
  {
    id: "machine-https",
    title: "A machine with HTTPS, public on the internet",
    snapshot: on({ httpsPort: 80, funnel: true, reachTailnet: true }),
    steps: [open],
  },
  {
    id: "machine-https-fault",
    title: "HTTPS is turned off in the tailnet",
    snapshot: on({
      httpsPort: 80,
      web: {
        fault: fault({
          code: "HTTPS_NOT_READY",
          message: "HTTPS certificates are off for your tailnet.",
          hint: "Turn on HTTPS certificates in the tailnet's DNS settings; the certificate follows automatically.",
        }),
        url: "https://login.tailscale.com/admin/dns",
      },
    }),
    steps: [open],
  },
  {
    id: "machine-https-ask-port",
    title: "HTTPS where no port is known",
    snapshot: snapshot({
      workloads: [
        workload({
          ports: [],
          share: machineShare({}, { ports: [], exposure: { state: "live", endpoints: [], unanswered: [] } }),
        }),
      ],
    }),
    steps: [open, click("checkbox", "HTTPS")],
  },
  {
    id: "machine-funnel-asks",
    title: "Going public asks",
    snapshot: on({ httpsPort: 80 }),
    steps: [
      open,
      click("checkbox", "Funnel: public internet access"),
      see("dialog", "Make shop/web public?"),
    ],
  },
  {
    id: "machine-compose",
    title: "A machine as a compose file",
    snapshot: {
      ...on({ httpsPort: 80 }),
      settings: settings({ controlUrl: "https://headscale.example.com", machineTailscale: "v1.102" }),
    },
    steps: [
      open,
      click("button", "Export as Compose file"),
      click("radio", "From a file"),
      scrollTo("button", "Copy compose file of shop/web"),
    ],
  },
  {
    id: "machine-docker-run",
    title: "A machine as docker run",
    snapshot: on(),
    steps: [open, click("button", "Export as docker run"), scrollTo("button", "Copy docker run of shop/web")],
  },
  { id: "machine-impossible", title: "A machine that cannot be", snapshot: failing(noEgress), steps: [open] },
  {
    id: "machine-failed",
    title: "A machine that failed",
    snapshot: failing(
      fault({
        code: "MACHINE_FAILED",
        message: "The machine ended right after its start (exit code 1).",
        hint: "Retrying automatically. If this persists, share the container on this node instead.",
      }),
    ),
    steps: [open],
  },
  {
    id: "machine-refused",
    title: "On this node, and why it cannot be a machine",
    snapshot: snapshot({
      workloads: [workload({ share: share(), machine: { name: "web", refusal: noEgress } })],
    }),
    steps: [open],
  },
  {
    id: "machine-one-click",
    title: "One click makes a machine",
    snapshot: snapshot({
      workloads: [workload({ ports: [] })],
      settings: settings({ oneClick: "machine", oneClickMode: "machine" }),
    }),
    steps: [open],
  },
];
