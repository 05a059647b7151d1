import { Logs } from "@tailnet-share/contract/operations";
import { fault, snapshot } from "../testing/fixtures.ts";
import { body, click, type GalleryState, NO_ANSWER, pass, refusal, see } from "./state.ts";

const LOG = body(
  Logs.parse({
    backend: [
      "2026-03-01T12:00:00.014Z INFO  backend.started: started mode=kernel version=0.1.0",
      "2026-03-01T12:00:00.151Z INFO  engine.changed: the engine is connected version=29.0.1",
      "2026-03-01T12:00:01.377Z WARN  step.failed: step failed step=join on=join 1f0c9a7b attempts=1 err=ENGINE_REFUSED no such network",
    ],
    tailscaled: ["logtail started", "Program starting: v1.92.3", "wgengine.NewUserspaceEngine(tun) ..."],
  }),
);
const open = [click("button", "Account and settings"), click("menuitem", "View logs")];
const dialog = see("dialog", "Logs");
const failed = fault({
  code: "TAILSCALED_DOWN",
  message: "Tailscale crashed 3 times while starting.",
  hint: "Retrying automatically. Details are in the diagnostics.",
});

/** Troubleshooting help. */
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
      "GET /logs": refusal(
        fault({
          code: "INTERNAL",
          message: "Something went wrong.",
          hint: "Try again. If this persists, send the diagnostics.",
        }),
      ),
    },
    steps: [...open, see("text", "Couldn't load the logs.")],
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
    snapshot: snapshot({ node: { state: "starting", waitsFor: "tailscaled" } }),
    answers: { "GET /logs": LOG },
    steps: [pass(10_000), click("button", "Details"), see("button", "Copy Tailscale's last lines")],
  },
];
