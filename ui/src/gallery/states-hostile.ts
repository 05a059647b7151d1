import type { Fault } from "@tailnet-share/contract/errors";
import { fault, machineShare, share, snapshot, visitor, workload } from "../testing/fixtures.ts";
import { body, click, type GalleryState, refusal, see } from "./state.ts";

const MARKUP = '<img src=x onerror="window.ran=1"><script>window.ran=2</script><b>bold</b>&lt;i&gt;';
const TURNED = "\u202eexe.gpj\u202c \u2066\u0007\u001b[31m\u200b";
const RIGHT_TO_LEFT = "لا يستجيب الخادم 8080 في الشبكة";
const LONG = "x".repeat(250);
/** In pieces, because one of them alone would mask the others' damage. */
const EACH = [MARKUP, TURNED, RIGHT_TO_LEFT, LONG];
const WORST = EACH.join(" ");

const hostile = (code: Fault["code"], message: string): Fault => fault({ code, message, hint: WORST });
const failing = EACH.map((text, index) =>
  workload({
    id: `name:failing-${index}`,
    name: text,
    project: index % 2 === 0 ? null : WORST,
    image: text,
    machine: { name: "web", refusal: null },
    share: share({ exposure: { state: "failed", fault: hostile("DATAPLANE_FAILED", text) } }),
  }),
);
const shop = workload({
  project: WORST,
  name: WORST,
  image: WORST,
  share: share({ visitors: EACH.map((text) => visitor(text, text, "direct")) }),
});
const name = `${WORST}/${WORST}`;
const WEB = "/shares/compose:shop/web/1";

/** Hostile input: markup, control characters, right-to-left text, endless words. */
export const HOSTILE: readonly GalleryState[] = [
  {
    id: "hostile-alerts",
    title: "Faults that say anything",
    snapshot: snapshot({
      engine: { state: "unreachable", fault: hostile("ENGINE_REFUSED", WORST) },
      alerts: EACH.map((text) => hostile("TAILNET_HEALTH", text)),
      workloads: failing,
    }),
  },
  {
    id: "hostile-details",
    title: "Names, images, clients and faults that say anything, in an open row",
    snapshot: snapshot({ workloads: [shop] }),
    answers: {
      [`POST ${WEB}/check`]: body({
        hops: EACH.map((detail, index) => ({
          hop: (["container", "network", "listening", "data-plane"] as const)[index],
          ...(index < 3
            ? { outcome: "passed", detail }
            : { outcome: "failed", fault: hostile("DATAPLANE_FAILED", WORST) }),
        })),
        of: { run: shop.run, containerId: shop.containerId, exposure: shop.share?.exposure },
      }),
    },
    steps: [
      click("button", `Details of ${name}`),
      click("button", `Test connection: ${name}`),
      see("text", "DATAPLANE_FAILED"),
    ],
  },
  {
    id: "hostile-machine",
    title: "A machine whose certificate's fault says anything",
    snapshot: snapshot({
      workloads: [
        workload({
          name: WORST,
          project: null,
          share: machineShare({
            httpsPort: 80,
            web: { fault: hostile("HTTPS_NOT_READY", WORST), url: null },
          }),
        }),
      ],
    }),
    steps: [click("button", `Details of ${WORST}`), see("text", "HTTPS_NOT_READY")],
  },
  {
    id: "hostile-refusal",
    title: "A click is refused in words that say anything",
    snapshot: snapshot({ workloads: [{ ...shop, share: null }] }),
    answers: { [`PUT ${WEB}`]: refusal(hostile("STORE_UNWRITABLE", WORST)) },
    steps: [click("switch", `Share ${name}`), see("text", `Couldn't share ${WORST}.`)],
  },
  {
    id: "hostile-undo",
    title: "What was switched off is called anything",
    snapshot: snapshot({ workloads: [shop] }),
    answers: { [`DELETE ${WEB}`]: body(snapshot({ workloads: [{ ...shop, share: null }] })) },
    steps: [click("switch", `Share ${name}`), see("button", "Undo")],
  },
];
