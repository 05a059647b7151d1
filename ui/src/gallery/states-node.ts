import type { Update } from "@tailnet-share/contract/node";
import { everyKind } from "../testing/every-kind.ts";
import { connected, fault, LOGIN_URL, settings, snapshot } from "../testing/fixtures.ts";
import { type GalleryState, see } from "./state.ts";

/** The gallery's clock is fixed at noon UTC on 1 March 2026. */
const SOON = "2026-03-06T12:00:00Z";
const workloads = everyKind();
const at = (input: Parameters<typeof connected>[0]) => snapshot({ node: connected(input), workloads });
const newer = (latest: string, security: boolean): Update => ({
  part: "tailscale",
  running: "1.92.3",
  latest,
  security,
  bulletin: "",
});

/** The header and the space under it for a connected node. */
export const NODE: readonly GalleryState[] = [
  {
    id: "node-direct",
    title: "Packets travel straight",
    snapshot: at({ paths: { direct: 2, relayed: 0, relay: "fra" } }),
  },
  {
    id: "node-relayed",
    title: "Packets travel through a relay",
    snapshot: at({ paths: { direct: 0, relayed: 1, relay: "fra" } }),
  },
  {
    id: "node-mixed",
    title: "Some packets travel straight, some through a relay",
    snapshot: at({ paths: { direct: 2, relayed: 1, relay: "fra" } }),
  },
  { id: "key-expiry", title: "The node's key ends within a fortnight", snapshot: at({ keyExpiry: SOON }) },
  {
    id: "key-renewal-asking",
    title: "A new key was asked for",
    snapshot: at({ keyExpiry: SOON, renewal: { url: null, fault: null } }),
    steps: [see("text", "Getting a login link…")],
  },
  {
    id: "key-renewal",
    title: "A new key, with the link and its QR code",
    snapshot: at({ keyExpiry: SOON, renewal: { url: LOGIN_URL, fault: null } }),
    steps: [see("image", "QR code of the login link")],
  },
  {
    id: "key-renewal-failed",
    title: "The key could not be renewed",
    snapshot: at({
      keyExpiry: SOON,
      renewal: {
        url: null,
        fault: fault({
          code: "LOGIN_FAILED",
          message: "The control server refused the login: node key is already registered to another user",
          hint: "Get a new link and try again.",
        }),
      },
    }),
    steps: [see("text", "LOGIN_FAILED")],
  },
  {
    id: "update",
    title: "A newer Tailscale is out",
    snapshot: snapshot({ updates: [newer("1.94.0", false)], workloads }),
  },
  {
    id: "update-security",
    title: "A newer Tailscale mends a known security fault",
    snapshot: snapshot({ updates: [newer("1.94.1", true)], workloads }),
  },
  {
    id: "update-machines",
    title: "The version that was chosen for machines has a known security fault",
    snapshot: snapshot({
      updates: [
        { part: "machines", running: "1.80.0", latest: "1.98.9", security: true, bulletin: "TS-2026-010" },
      ],
      settings: settings({ machineTailscale: "v1.80.0" }),
      workloads,
    }),
  },
];
