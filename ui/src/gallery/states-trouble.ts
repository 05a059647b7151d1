import { EXPORT_TAG_KEY, VIEW_KEY } from "../model/preferences.ts";
import { fault, share, snapshot, workload } from "../testing/fixtures.ts";
import { body, click, type GalleryState, NO_ANSWER, refusal, scrollTo, see } from "./state.ts";

const WEB = "/shares/compose:shop/web/1";
const on = snapshot({ workloads: [workload({ share: share() })] });
const open = click("button", "Details of shop/web");
const menu = click("button", "Account and settings");
const check = click("button", "Test connection: shop/web");

const left = {
  ...on,
  alerts: [
    {
      ...fault({
        code: "MACHINE_NOT_REMOVED",
        message:
          "A machine that is not shared any more could not be taken out of the tailnet yet; it cannot be reached. Can't reach the control server.",
        hint: "Retrying automatically, at most half an hour apart.",
      }),
      machines: [
        { key: "00000000000000aa", name: "shop-api", controlUrl: "https://controlplane.tailscale.com" },
        { key: "00000000000000bb", name: "wiki", controlUrl: "https://headscale.example.com" },
      ],
    },
  ],
};

/** States where a part of the panel, or something around it, fails; and how a path is diagnosed. */
export const TROUBLE: readonly GalleryState[] = [
  {
    id: "list-runs",
    title: "Containers that are paused, or restart again and again",
    snapshot: snapshot({
      workloads: (["paused", "restarting"] as const).map((run) =>
        workload({
          id: `name:${run}`,
          name: run,
          project: null,
          run,
          share: share({
            exposure: {
              state: "waiting",
              reason: run === "paused" ? "container-paused" : "container-stopped",
            },
          }),
        }),
      ),
    }),
  },
  {
    id: "machines-left",
    title: "Machines that can't be removed from their tailnet",
    snapshot: left,
    steps: [see("button", "Forget…")],
  },
  {
    id: "machines-left-forget",
    title: "What stays behind when they are forgotten",
    snapshot: left,
    steps: [click("button", "Forget…"), see("dialog", "Forget shop-api and wiki?")],
  },
  {
    id: "broken",
    title: "A mistake in the panel itself",
    snapshot: on,
    lacks: { what: "memory", key: VIEW_KEY },
    steps: [see("button", "Try again")],
  },
  {
    id: "part-not-loaded",
    title: "A part of the panel cannot be loaded",
    snapshot: on,
    lacks: { what: "memory", key: EXPORT_TAG_KEY },
    steps: [open, see("text", "Couldn't load this part of the panel.")],
  },
  {
    id: "copy-failed",
    title: "The clipboard is out of reach",
    snapshot: on,
    lacks: { what: "clipboard" },
    steps: [click("button", "Copy address of shop/web, port 8080"), see("text", "Couldn't copy.")],
  },
  {
    id: "browser-not-opened",
    title: "The host opens no browser",
    snapshot: on,
    lacks: { what: "browser" },
    steps: [menu, click("menuitem", "Help"), see("text", "Couldn't open your browser.")],
  },
  {
    id: "check-running",
    title: "A share is being checked",
    snapshot: on,
    answers: { [`POST ${WEB}/check`]: NO_ANSWER },
    steps: [open, check, scrollTo("button", "Testing…: shop/web")],
  },
  {
    id: "node-port-taken",
    title: "Another share has that port on the node",
    snapshot: snapshot({
      workloads: [
        workload({
          ports: [80, 3000].map((port) => ({ port, protocol: "tcp" as const })),
          share: share(),
        }),
      ],
    }),
    answers: {
      [`PUT ${WEB}`]: refusal(
        fault({
          code: "NODE_PORT_TAKEN",
          message: "Port 3000 on this node is used by api.",
          hint: "Port 3001 is free.",
        }),
      ),
    },
    steps: [
      open,
      click("checkbox", "Share port 3000 TCP of shop/web"),
      see("text", "Couldn't change the share of web."),
    ],
  },
  {
    id: "diagnostics-saved",
    title: "The diagnostics were saved",
    snapshot: on,
    answers: {
      "GET /diagnostics": body({
        createdAt: "2026-03-01T12:00:00.000Z",
        snapshot: on,
        plan: [{ step: "join", on: "shop_default" }],
        failures: [],
        health: [],
        backendLog: [],
        tailscaledLog: [],
      }),
    },
    steps: [
      menu,
      click("menuitem", "Download diagnostics"),
      see("text", "Diagnostics saved. Secrets are removed."),
    ],
  },
];
