import type { FolderRule } from "./folder-rules.ts";

/** The backend's folders; see `folders.ts`. */
export const BACKEND_FOLDERS: readonly FolderRule[] = [
  {
    paths: ["backend/src/bin"],
    holds:
      "entry points: `backend`, `machine` (in a machine's container, before it becomes tailscaled), `health` (the image's health check), `panel-secret` (prints the panel's secret); `wiring`: what `backend` is made of, in order; the only places that build real dependencies",
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
    paths: ["backend/src/settings"],
    holds: "the settings' file, made from the contract's table of fields, and their use cases",
    mayImport: { values: ["control", "machines", "contract"], types: ["store"] },
  },
  {
    paths: ["backend/src/stores.ts"],
    holds: "which files are kept",
    mayImport: {
      values: ["first-start", "machines", "settings", "shares", "store", "contract"],
      types: ["lib"],
    },
  },
  {
    paths: ["backend/src/config.ts"],
    holds: "the environment's variables",
    mayImport: { values: ["control", "first-start", "contract"] },
  },
  {
    paths: ["backend/src/first-start"],
    holds:
      "a start without a browser: the variables of tailscale's own container, a table of what each leads to; the settings and the login that they ask for",
    mayImport: {
      values: ["control", "settings", "lib", "contract"],
      types: ["status", "store", "tailscale"],
    },
  },
  {
    paths: ["backend/src/mounts"],
    holds:
      "what the container was created without: the engine's socket, TUN, volume, rights, writable folders; what they are called on each platform",
    mayImport: { values: ["contract"] },
  },
  {
    paths: ["backend/src/http"],
    holds:
      "the servers; adds every route of the contract: parse, call, answer; `access`: who may send a request to the socket; `browser`: the panel for browsers: its files, one-time links, sessions and roles, and its two doors",
    mayImport: { values: ["lib", "contract"] },
  },
  {
    paths: ["backend/src/ports"],
    holds: "listeners in a container and their addresses; why a port doesn't answer",
    mayImport: { values: ["lib", "contract"] },
  },
  {
    paths: ["backend/src/reconcile"],
    holds:
      "the loop, its pace and lanes; `desired`: what it is to achieve; `look`: what it observes; `plan`: where each share leads and the next steps; `steps`: what a step is, its execution and failures; `leave`: networks of containers that end",
    mayImport: {
      values: [
        "dataplane",
        "engine",
        "events",
        "https",
        "machines",
        "networks",
        "tailscale",
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
      "the panel's view: each share's exposure and addresses, probes of shared ports, traffic, the snapshot and the feed that panels wait on",
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
        "lib",
        "contract",
      ],
    },
  },
  {
    paths: ["backend/src/check"],
    holds: "the check of one share, hop by hop, as a client would go",
    mayImport: {
      values: ["machines", "ports", "reconcile", "status", "tailscale", "contract"],
      types: ["dataplane", "shares", "lib"],
    },
  },
  {
    paths: ["backend/src/machines"],
    holds:
      "plan, steps, shutdown; `container`: its container, start and stop; `namespace`: its guard and forwards in the target's network namespace, and what it sees there; `device`: its identity, login and HTTPS in the tailnet; `credentials`: keys from Tailscale's API; `retirement`: its way out of the tailnet, and back as the same device; `watch`: its tailscaled, clients, looks at what listens; `visiting`: visits from one for a check",
    mayImport: {
      values: ["control", "https", "networks", "ports", "tailscale", "workloads", "lib", "contract"],
      types: ["engine", "shares", "store"],
    },
  },
  {
    paths: ["backend/src/https"],
    holds:
      "HTTPS on the node: which ports tailscaled serves, and the panel among them (pure), its serve config and certificate, who behind it speaks TLS; why there is no certificate",
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
    mayImport: { values: ["mounts", "networks", "workloads", "lib", "contract"] },
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
      "the kernel's table and the userspace fallback; `rules`: the nftables ruleset (pure), its listing, kernel features and their probe; `flows`: connection tracking, ends of connections; silent tries",
    mayImport: { values: ["mounts", "ports", "tailscale", "lib", "contract"] },
  },
  {
    paths: ["backend/src/tailscale"],
    holds:
      "`daemon`: command line, start and supervision of tailscaled; `localapi`: its client; `node`: bus, login, watch on the control server, with `state` (pure: what is known and shown) and `peers` (paths to other devices, their names)",
    mayImport: { values: ["control", "lib", "contract"] },
  },
  {
    paths: ["backend/src/backup"],
    holds: "shares, settings and, sealed, identities as one document, and back",
    mayImport: {
      values: ["control", "machines", "settings", "shares", "store", "lib", "contract"],
      types: ["tailscale"],
    },
  },
  {
    paths: ["backend/src/operations"],
    holds:
      "how the backend is seen from outside: journal, diagnostics; `log`: lines and the ones shown; `health`: the probes; `metrics`: the meter and Prometheus' text",
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
      "the control server: reachability, a node's tailnet, explanations of login failures; proxies and certificate authorities",
    mayImport: { values: ["lib", "contract"] },
  },
  {
    paths: ["backend/src/lib"],
    holds:
      "small and general: clock, waiting (`timing`), backoff; `files`: written atomically, read without following links; `net`: HTTP over a unix socket, subnets; `redaction`: secrets out of texts",
    mayImport: { values: [] },
  },
  { paths: ["backend/src/testing.ts"], holds: "what unit tests begin with", mayImport: "everything" },
];
