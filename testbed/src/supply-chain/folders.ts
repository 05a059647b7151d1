import type { FolderRule } from "./folder-rules.ts";

/** Every folder with its content and allowed imports. ARCHITECTURE.md's table is generated from this. It does not bind tests. */
export const FOLDER_RULES: readonly FolderRule[] = [
  {
    paths: ["contract/src"],
    holds:
      "what panel and backend both speak (Zod), a file per notion: `port`, `workload`, `share`, `machine`, `node`, `log-in`, `settings`, `snapshot`, `check`, `listening`, `backup`, `operations`; `api` (the table of routes), `client` made from it, `error-codes` and `error-docs` (the tables), `errors`",
    mayImport: { values: [] },
  },
  {
    paths: ["backend/src/bin"],
    holds:
      "entry points: `backend`, `machine` (in a machine's container, before it becomes tailscaled), `health` (the image's health check); `wiring`: what `backend` is made of, in order; the only places that build real dependencies",
    mayImport: "everything",
  },
  {
    paths: ["backend/src/run.ts"],
    holds: "what runs until the end, and what is left to do then",
    mayImport: { everythingBut: ["bin"] },
  },
  {
    paths: ["backend/src/application"],
    holds: "the use cases behind the routes",
    mayImport: { everythingBut: ["bin"] },
  },
  {
    paths: ["backend/src/settings.ts", "backend/src/stores.ts"],
    holds: "the settings' use cases; which files are kept",
    mayImport: { values: ["control", "machines", "shares", "store", "contract"], types: ["lib"] },
  },
  {
    paths: ["backend/src/config.ts"],
    holds: "the environment's variables",
    mayImport: { values: ["control"] },
  },
  {
    paths: ["backend/src/http"],
    holds: "the server; adds every route of the contract: parse, call, answer",
    mayImport: { values: ["lib", "contract"] },
  },
  {
    paths: ["backend/src/ports"],
    holds: "listeners in a container and their addresses; why a port doesn't answer",
    mayImport: { values: ["contract"], types: ["lib"] },
  },
  {
    paths: ["backend/src/reconcile"],
    holds: "the loop: observe, resolve, plan, execute, with its pace, lanes, departures and failures",
    mayImport: {
      values: [
        "dataplane",
        "engine",
        "events",
        "https",
        "machines",
        "networks",
        "workloads",
        "lib",
        "contract",
      ],
      types: ["operations", "shares"],
    },
  },
  {
    paths: ["backend/src/status"],
    holds:
      "what a panel is told: each share's exposure and addresses, probes of shared ports, traffic, the snapshot and the feed that panels wait on",
    mayImport: {
      values: [
        "dataplane",
        "https",
        "machines",
        "ports",
        "reconcile",
        "shares",
        "tailscale",
        "workloads",
        "contract",
      ],
      types: ["lib"],
    },
  },
  {
    paths: ["backend/src/check"],
    holds: "the check of one share, hop by hop, as a visitor would go",
    mayImport: {
      values: ["machines", "ports", "reconcile", "status", "tailscale", "contract"],
      types: ["dataplane", "shares", "lib"],
    },
  },
  {
    paths: ["backend/src/machines"],
    holds:
      "plan, steps, shutdown; `container`: its start, stop, guard, forwards and what is seen inside; `device`: what it is in the tailnet, credentials, Tailscale's API, retirement; `watch`: its tailscaled, visitors, looks at what listens; `visiting`: visits from one for a check",
    mayImport: {
      values: ["control", "https", "networks", "ports", "tailscale", "workloads", "lib", "contract"],
      types: ["engine", "shares", "store"],
    },
  },
  {
    paths: ["backend/src/https"],
    holds:
      "HTTPS on the node: which ports tailscaled serves (pure), its serve config and certificate, who behind it speaks TLS; why there is no certificate",
    mayImport: { values: ["ports", "tailscale", "contract"], types: ["lib"] },
  },
  {
    paths: ["backend/src/shares"],
    holds: "stored intentions, node ports, addresses",
    mayImport: { values: ["workloads", "contract"], types: ["store", "lib"] },
  },
  {
    paths: ["backend/src/engine"],
    holds:
      "the engine's client: calls and the rights to them, parsing, event watch, the extension's own containers",
    mayImport: { values: ["networks", "workloads", "lib", "contract"] },
  },
  {
    paths: ["backend/src/workloads"],
    holds:
      "pure: what is known of a container, its identity, its target on a network and why it has none, its declared ports, the port of one click",
    mayImport: { values: ["contract"], types: ["networks"] },
  },
  {
    paths: ["backend/src/networks"],
    holds:
      "networks from the engine and from a namespace's interfaces; the address to request, and networks that can't be joined",
    mayImport: { values: ["lib", "contract"] },
  },
  {
    paths: ["backend/src/events"],
    holds: "the engine's events ahead of its list: stopping and ended containers, events that concern shares",
    mayImport: { values: ["workloads"], types: ["engine", "shares", "lib"] },
  },
  {
    paths: ["backend/src/dataplane"],
    holds:
      "nftables ruleset (pure) and its applier; kernel features and their probe; silent tries; the userspace fallback",
    mayImport: { values: ["ports", "tailscale", "lib", "contract"] },
  },
  {
    paths: ["backend/src/tailscale"],
    holds:
      "`daemon`: command line, start and supervision of tailscaled; `localapi`: its client; `node`: bus, state reducer, log-in, paths to other devices",
    mayImport: { values: ["control", "lib", "contract"] },
  },
  {
    paths: ["backend/src/backup"],
    holds: "shares, settings and, sealed, identities as one document, and back",
    mayImport: {
      values: ["control", "machines", "shares", "store", "lib", "contract"],
      types: ["tailscale"],
    },
  },
  {
    paths: ["backend/src/operations"],
    holds: "how the backend is seen from outside: log lines, journal, health, metrics",
    mayImport: {
      values: ["dataplane", "reconcile", "tailscale", "lib", "contract"],
      types: ["engine", "machines", "shares", "status", "workloads"],
    },
  },
  {
    paths: ["backend/src/store"],
    holds: "a value in a JSON file that nothing half-written, damaged or newer can get lost in",
    mayImport: { values: ["lib", "contract"] },
  },
  {
    paths: ["backend/src/control"],
    holds:
      "the control server: reachability, a node's tailnet, explanations of log-in failures; proxies and certificate authorities",
    mayImport: { values: ["lib", "contract"] },
  },
  {
    paths: ["backend/src/lib"],
    holds: "small and general: clock, deadlines, backoff, atomic file, subnets, HTTP over a unix socket",
    mayImport: { values: [] },
  },
  { paths: ["backend/src/testing.ts"], holds: "what unit tests begin with", mayImport: "everything" },
  {
    paths: ["ui/src/main.tsx", "ui/src/App.tsx", "ui/src/theme.ts"],
    holds: "the panel's start; what is around every screen; a theme where Docker Desktop gives none",
    mayImport: { values: ["api", "common", "features/notices", "host", "screens"] },
  },
  {
    paths: ["ui/src/host"],
    holds:
      "the only users of Docker Desktop's client and, with `main.tsx`, `scrolling-region.tsx` and `undo-notice.tsx`, of the browser",
    mayImport: { values: ["contract"] },
  },
  {
    paths: ["ui/src/api"],
    holds: "calls and the long poll, parsed by the contract",
    mayImport: { values: ["host", "model", "contract"] },
  },
  {
    paths: ["ui/src/model"],
    holds: "pure, used by several features: snapshot → rows, states in words, ports, names, preferences",
    mayImport: { values: ["contract"] },
  },
  {
    paths: ["ui/src/common"],
    holds: "small parts that any screen may use: buttons, alerts, links, dialogs; hooks without a subject",
    mayImport: { values: ["api", "model", "contract"] },
  },
  {
    paths: ["ui/src/features/address"],
    holds: "where a share is reached: link, copy, QR code, warnings",
    mayImport: { values: ["common", "model", "contract"] },
  },
  {
    paths: ["ui/src/features/help"],
    holds: "logs, diagnostics, what to do when a start takes long",
    mayImport: { values: ["api", "common", "host", "contract"] },
  },
  {
    paths: ["ui/src/features/sign-in"],
    holds: "logging in and waiting for approval",
    mayImport: { values: ["api", "common", "features/address", "model", "contract"] },
  },
  {
    paths: ["ui/src/features/settings"],
    holds: "the settings dialog",
    mayImport: { values: ["api", "common", "host", "model", "contract"] },
  },
  {
    paths: ["ui/src/features/node"],
    holds: "the header: name, address, account menu, key expiry, banners, updates",
    mayImport: {
      values: [
        "api",
        "common",
        "features/help",
        "features/settings",
        "features/sign-in",
        "model",
        "contract",
      ],
    },
  },
  {
    paths: ["ui/src/features/notices"],
    holds: "short messages with Undo, and what a screen reader is told",
    mayImport: { values: ["api", "common", "features/node", "host", "model", "contract"] },
  },
  {
    paths: ["ui/src/features/ports"],
    holds: "the ports of a share on the node; what listens in a container",
    mayImport: { values: ["api", "common", "features/address", "host", "model", "contract"] },
  },
  {
    paths: ["ui/src/features/machine"],
    holds: "the details of a share that is a machine of its own",
    mayImport: {
      values: ["api", "common", "features/address", "features/node", "features/ports", "model", "contract"],
    },
  },
  {
    paths: ["ui/src/features/check"],
    holds: "the result of a check",
    mayImport: { values: ["api", "common", "model", "contract"] },
  },
  {
    paths: ["ui/src/features/sidecar"],
    holds: "the compose text of a sidecar by hand",
    mayImport: { values: ["api", "common", "model", "contract"] },
  },
  {
    paths: ["ui/src/features/details"],
    holds: "the open row: mode, network, end, visitors, and the features above",
    mayImport: {
      values: [
        "api",
        "common",
        "features/check",
        "features/machine",
        "features/ports",
        "features/sidecar",
        "model",
        "contract",
      ],
    },
  },
  {
    paths: ["ui/src/features/list"],
    holds: "the list of workloads: rows, groups, filter, switches, menus",
    mayImport: { values: ["api", "common", "features/address", "features/details", "model", "contract"] },
  },
  {
    paths: ["ui/src/screens"],
    holds: "what is drawn, by the state of the node and of the link to the backend",
    mayImport: {
      values: [
        "api",
        "common",
        "features/help",
        "features/list",
        "features/node",
        "features/sign-in",
        "model",
        "contract",
      ],
      types: ["host"],
    },
  },
  {
    paths: ["ui/src/gallery"],
    holds: "every state from fixtures that the contract accepts; no part of the panel",
    mayImport: "everything",
  },
  {
    paths: ["ui/src/testing"],
    holds: "fixtures and a stand-in for the host, of unit tests and the gallery",
    mayImport: "everything",
  },
  {
    paths: ["testbed"],
    holds: "engine, control server, tailnet device, stand-in for Docker Desktop, specs, demo, benchmark",
    mayImport: {
      note: "contract; `packaging`; the gallery's states; modules of `backend` that a spec drives by themselves; the type of a step, so that torture misses none",
    },
  },
  {
    paths: ["packaging"],
    holds: "what the image build, the lockfile and a release need",
    mayImport: { values: [] },
  },
];
