import type { CheckHop } from "@tailnet-share/contract/check";
import type { Fault } from "@tailnet-share/contract/errors";
import { type Exposure, UnansweredReason } from "@tailnet-share/contract/share";
import { fault, share, snapshot, workload } from "../testing/fixtures.ts";
import { body, click, type GalleryState, see } from "./state.ts";

const failed: Exposure = { state: "failed", fault: fault() };
const live: Extract<Exposure, { state: "live" }> = {
  state: "live",
  endpoints: [
    {
      ...{ port: 80, protocol: "tcp", nodePort: 8080, web: true },
      ...{ address: "http://docker-anna.tail1234.ts.net:8080", ipAddress: "http://100.64.0.7:8080" },
    },
  ],
  unanswered: [],
};

const passed = (hop: CheckHop["hop"], detail: string): CheckHop => ({ hop, outcome: "passed", detail });
const UP_TO_LISTENING = [passed("container", "running"), passed("network", "reached on 'shop_default'")];
const UP_TO_NODE = [
  ...UP_TO_LISTENING,
  passed("listening", "accepts connections"),
  passed("data-plane", "rules in place"),
  passed("node", "connected to example.com as docker-anna"),
];

const WAY_BACK = passed("way-back", "through the tailnet's interface");

/** A row with open details and a check report. */
function checked(
  { id, title, end }: { id: string; title: string; end: string },
  exposure: Exposure,
  hops: readonly CheckHop[],
): GalleryState {
  const row = workload({ share: share({ exposure }) });
  return {
    id,
    title,
    snapshot: snapshot({ workloads: [row] }),
    answers: {
      "POST /shares/compose:shop/web/1/check": body({
        hops,
        of: { run: row.run, containerId: row.containerId, exposure },
      }),
    },
    steps: [
      click("button", "Details of shop/web"),
      click("button", "Test connection: shop/web"),
      see("text", end),
    ],
  };
}

const denies: Fault = {
  code: "ACL_DENIES",
  message: "Your access controls don't let any device reach port 8080.",
  hint: "Allow it in the access controls.",
};

const visitFailed: Fault = {
  code: "VISIT_FAILED",
  message: "shop-db tried port 8080 of this node over the tailnet and was refused.",
  hint: "Restart Tailnet Share. If this persists, look for packet rules and routes that something else has added in Tailnet Share's container, or in that of shop-db.",
};

const unanswered = snapshot({
  workloads: [
    workload({
      share: share({ exposure: { ...live, unanswered: [{ port: 80, protocol: "tcp", reason: "refused" }] } }),
    }),
  ],
});

const REASON_CODES: Partial<Record<UnansweredReason, string>> = {
  "no-answer": "NO_ANSWER",
  filtered: "NO_ANSWER",
};

/** A row with open details whose only port does not answer clients. */
/** The listeners behind a reason; omitted reasons have none. */
const LISTENERS: Partial<Record<UnansweredReason, unknown[]>> = {
  "loopback-only": [{ port: 80, protocol: "tcp", at: "loopback", families: ["ipv4"] }],
  "ipv6-only": [{ port: 80, protocol: "tcp", at: "any", families: ["ipv6"] }],
  "ipv4-only": [{ port: 80, protocol: "tcp", at: "any", families: ["ipv4"] }],
  "no-ipv6": [{ port: 80, protocol: "tcp", at: "any", families: ["ipv6"] }],
  "other-address": [{ port: 80, protocol: "tcp", at: "address", families: ["ipv4"] }],
  filtered: [{ port: 80, protocol: "tcp", at: "any", families: ["ipv4"] }],
  "no-answer": [{ port: 80, protocol: "tcp", at: "any", families: ["ipv4"] }],
};

function unansweredFor(reason: UnansweredReason): GalleryState {
  return {
    id: `details-${reason}`,
    title: `A share whose clients get nothing: ${reason}`,
    snapshot: snapshot({
      workloads: [
        workload({
          share: share({ exposure: { ...live, unanswered: [{ port: 80, protocol: "tcp", reason }] } }),
        }),
      ],
    }),
    answers: {
      "GET /workloads/compose:shop/web/1/listening": body({ ports: LISTENERS[reason] ?? [], fault: null }),
    },
    steps: [click("button", "Details of shop/web"), see("text", REASON_CODES[reason] ?? "NOT_LISTENING")],
  };
}

/** Results of 'Check', and rows whose application accepts no connections. */
export const CHECK: readonly GalleryState[] = [
  { id: "row-unanswered", title: "A share whose application takes no connections", snapshot: unanswered },
  {
    id: "details-unanswered",
    title: "The same, with its details",
    snapshot: unanswered,
    answers: { "GET /workloads/compose:shop/web/1/listening": body({ ports: [], fault: null }) },
    steps: [click("button", "Details of shop/web"), see("text", "NOT_LISTENING")],
  },
  ...UnansweredReason.options.filter((reason) => reason !== "refused").map(unansweredFor),
  checked(
    { id: "details-failed", title: "Details of a share that fails, checked", end: fault().message },
    failed,
    [...UP_TO_LISTENING, { hop: "listening", outcome: "failed", fault: fault() }],
  ),
  checked({ id: "check-well", title: "A check that finds everything well", end: "All tests passed." }, live, [
    ...UP_TO_NODE,
    passed("machine-visit", "port 8080 answered shop-db"),
    passed("tailnet", "one responded in 12 ms, directly"),
  ]),
  checked(
    {
      id: "check-alone",
      title: "A check without another device to ask",
      end: "All tests passed, 1 skipped.",
    },
    live,
    [
      ...UP_TO_NODE,
      WAY_BACK,
      {
        hop: "tailnet",
        outcome: "not-tried",
        detail: "None of your other devices is online.",
      },
    ],
  ),
  checked(
    { id: "check-visit-failed", title: "A check whose visit from a machine is refused", end: "VISIT_FAILED" },
    live,
    [...UP_TO_NODE, { hop: "machine-visit", outcome: "failed", fault: visitFailed }],
  ),
  checked(
    {
      id: "check-not-visited",
      title: "A check whose machine may not visit",
      end: "All tests passed, 1 skipped.",
    },
    live,
    [
      ...UP_TO_NODE,
      {
        hop: "machine-visit",
        outcome: "not-tried",
        detail: "Your access controls don't let shop-db connect to it.",
      },
      WAY_BACK,
      passed("tailnet", "one responded in 12 ms, directly"),
    ],
  ),
  checked(
    { id: "check-denied", title: "A check that finds the tailnet's rules in the way", end: "ACL_DENIES" },
    live,
    [...UP_TO_NODE, WAY_BACK, { hop: "tailnet", outcome: "failed", fault: denies }],
  ),
];
