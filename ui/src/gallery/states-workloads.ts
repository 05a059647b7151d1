import { machineShare, share, snapshot, workload } from "../testing/fixtures.ts";
import { click, type GalleryState, see } from "./state.ts";

const open = click("button", "Details of shop/web");
const portRanges = [
  { from: 4510, to: 4559, protocol: "tcp" as const },
  { from: 10_000, to: 20_000, protocol: "udp" as const },
];

/** Panel states for workload identity: invented names, port ranges, skipped rows. */
export const WORKLOADS: readonly GalleryState[] = [
  {
    id: "details-ranges",
    title: "A container that declares ports by the dozen",
    snapshot: snapshot({ workloads: [workload({ portRanges, share: share() })] }),
    steps: [open, see("text", "10000–20000 UDP")],
  },
  {
    id: "details-ranges-machine",
    title: "The same as a machine, which has no limit",
    snapshot: snapshot({ workloads: [workload({ portRanges, share: machineShare() })] }),
    steps: [open, see("text", "10000–20000 UDP")],
  },
  {
    id: "details-invented-name",
    title: "A container with a name that the engine made up",
    snapshot: snapshot({
      workloads: [
        workload({
          id: "name:zen_curie",
          identity: "invented-name",
          name: "zen_curie",
          project: null,
          share: share(),
        }),
      ],
    }),
    steps: [
      click("button", "Details of zen_curie"),
      see(
        "text",
        "The engine generated this name. To keep a share when the container is replaced, start it with --name or from a Compose file.",
      ),
    ],
  },
  {
    id: "details-ports-unknown",
    title: "A container whose ports the engine has not reported yet",
    snapshot: snapshot({ workloads: [workload({ ports: [], portsKnown: false })] }),
    steps: [open, see("text", "The engine hasn't reported this container's ports yet. Enter a port.")],
  },
  {
    id: "list-skipped",
    title: "Two containers cannot be read",
    snapshot: snapshot({ skipped: 2 }),
  },
];
