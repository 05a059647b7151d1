import { Logs } from "@tailnet-share/contract/routes";
import { fault, snapshot } from "../testing/fixtures.ts";
import { body, click, type GalleryState, NO_ANSWER, pass, refusal, see } from "./state.ts";

const LOG = body(
  Logs.parse({
    backend: [
      "12:00:00.014 info  backend starts version=0.1.0",
      "12:00:00.151 info  engine connected version=29.0.1 api=1.52",
      "12:00:00.402 info  data plane ready mode=kernel",
      "12:00:01.377 warn  step failed, tried again later step=join workload=compose:shop/web/1 code=NETWORK_UNREACHABLE",
    ],
    tailscaled: ["logtail started", "Program starting: v1.92.3", "wgengine.NewUserspaceEngine(tun) ..."],
  }),
);
const open = [click("button", "Account and settings"), click("menuitem", "Show last log lines")];
const dialog = see("dialog", "Last log lines");
const failed = fault({
  code: "TAILSCALED_DOWN",
  message: "tailscaled ended 3 times in a row right after its start.",
  hint: "It is tried again by itself. The diagnostics file has its last lines.",
});

/** What helps when something breaks. */
export const HELP: readonly GalleryState[] = [
  {
    id: "logs",
    title: "The last log lines",
    snapshot: snapshot(),
    answers: { "GET /logs": LOG },
    steps: [...open, dialog, see("button", "Copy Tailscale's last lines")],
  },
  {
    id: "logs-asking",
    title: "The last log lines are asked for",
    snapshot: snapshot(),
    answers: { "GET /logs": NO_ANSWER },
    steps: [...open, dialog],
  },
  {
    id: "logs-unavailable",
    title: "The last log lines cannot be had",
    snapshot: snapshot(),
    answers: {
      "GET /logs": refusal(fault({ code: "INTERNAL", message: "The log could not be read.", hint: "" })),
    },
    steps: [...open, see("text", "The backend did not hand out its log.")],
  },
  {
    id: "failed-details",
    title: "The node does not run, with the log",
    snapshot: snapshot({ node: { state: "failed", fault: failed } }),
    answers: { "GET /logs": LOG },
    steps: [click("button", "Details"), see("button", "Copy Tailscale's last lines")],
  },
  {
    id: "starting-late",
    title: "The backend starts, after ten seconds, with the log",
    snapshot: snapshot({ node: { state: "starting", waitsFor: "Tailscale to start" } }),
    answers: { "GET /logs": LOG },
    steps: [pass(10_000), click("button", "Details"), see("button", "Copy Tailscale's last lines")],
  },
];
