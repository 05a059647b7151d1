import { expect, test } from "vitest";
import { type ContainerSigns, containerFault, hasRight } from "./container.ts";

/** As the engine starts the container with `--cap-drop ALL --cap-add NET_ADMIN --cap-add NET_RAW`. */
const BOTH = "Name:\tnode\nCapEff:\t0000000000003000\nCapBnd:\t0000000000003000\n";
const NONE = BOTH.replace("3000", "0000");
const COMPLETE: ContainerSigns = { status: BOTH, forwarding: "1\n", isWritable: () => true };
const FOLDERS = [
  { path: "/tmp", effect: "'panel-link' does not work" },
  { path: "/run/tailscale", effect: "tailscaled does not start" },
];

test("reads the rights of the process, and claims nothing where they can't be read", () => {
  expect([hasRight("NET_ADMIN", BOTH), hasRight("NET_RAW", BOTH)]).toEqual([true, true]);
  expect([hasRight("NET_ADMIN", NONE), hasRight("NET_RAW", NONE)]).toEqual([false, false]);
  expect([hasRight("NET_ADMIN", NONE.replace("0000\n", "1000\n")), hasRight("NET_RAW", "")]).toEqual([
    true,
    true,
  ]);
});

test.each<[string, Partial<ContainerSigns>, string]>([
  ["a folder", { isWritable: (folder) => folder !== "/run/tailscale" }, "--tmpfs /run/tailscale"],
  ["a right", { status: NONE }, "--cap-add NET_RAW"],
  ["forwarding", { forwarding: "0\n" }, "--sysctl net.ipv4.ip_forward=1"],
])("names the flag for %s that the container lacks", (_, signs, flag) => {
  const fault = containerFault(FOLDERS, { ...COMPLETE, ...signs });
  expect(fault).toMatchObject({ code: "CONTAINER_INCOMPLETE", hint: expect.stringContaining(`'${flag}'`) });
});

test("makes one fault of everything, because a panel shows each code once, and none of nothing", () => {
  const fault = containerFault(FOLDERS, { ...COMPLETE, status: NONE, isWritable: () => false });
  expect(fault?.message).toBe(
    "The container lacks a writable /tmp: 'panel-link' does not work. The container lacks a writable /run/tailscale: tailscaled does not start. The container lacks the right NET_RAW: ports that don't answer are not noticed, and withdrawn connections end late.",
  );
  expect(containerFault(FOLDERS, COMPLETE)).toBeNull();
  expect(containerFault(FOLDERS, { ...COMPLETE, forwarding: "" })).toBeNull();
});
