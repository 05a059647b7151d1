import type { FolderRule } from "./folder-rules.ts";

/** The panel's folders; see `folders.ts`. */
export const UI_FOLDERS: readonly FolderRule[] = [
  {
    paths: ["ui/src/main.ts", "ui/src/start.tsx", "ui/src/start-web.tsx", "ui/src/App.tsx"],
    holds:
      "the panel's first call, then its start, in an extension host and in a browser; what is around every screen",
    mayImport: {
      values: ["api", "common", "features/notices", "features/session", "host", "screens", "theme"],
    },
  },
  {
    paths: ["ui/src/theme"],
    holds: "the host's theme, made readable where it is too faint; a theme for hosts that have none",
    mayImport: { values: [] },
  },
  {
    paths: ["ui/src/host"],
    holds:
      "the only users of Docker Desktop's client, of `fetch` and, with `start.tsx`, `start-web.tsx`, `scrolling-region.tsx` and `undo-notice.tsx`, of the browser",
    mayImport: { values: ["contract"] },
  },
  {
    paths: ["ui/src/api"],
    holds: "calls and the long poll, parsed by the contract; the user of a panel in a browser",
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
    mayImport: { values: ["api", "host", "model", "contract"] },
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
    paths: ["ui/src/features/session"],
    holds: "a panel in a browser: signing in and out, who is signed in",
    mayImport: { values: ["api", "common", "host", "contract"] },
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
        "features/session",
        "features/settings",
        "features/sign-in",
        "model",
        "contract",
      ],
      types: ["host"],
    },
  },
  {
    paths: ["ui/src/features/notices"],
    holds: "short messages with Undo, and screen reader announcements",
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
      values: [
        "api",
        "common",
        "features/address",
        "features/node",
        "features/ports",
        "features/settings",
        "model",
        "contract",
      ],
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
    holds: "the open row: mode, network, end, clients, and the features above",
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
];
