import { expect, test } from "vitest";
import { attachment } from "../testing.ts";
import { chooseNetwork, NO_PREFERENCES, type Preferences } from "./choose-network.ts";
import type { NetworkAttachment } from "./facts.ts";

const amber = attachment("amber", "172.19.0.3");
const blue = attachment("blue", "172.20.0.3");
const coral = attachment("coral", "172.21.0.3");

interface Row {
  attachments?: NetworkAttachment[];
  joined?: NetworkAttachment[];
  inUse?: string[];
  failedJoins?: [NetworkAttachment, number][];
  chosen?: string;
  silent?: NetworkAttachment[];
}

const choose = ({
  attachments = [amber, blue, coral],
  joined = [],
  inUse = [],
  failedJoins = [],
  chosen,
  silent = [],
}: Row) =>
  chooseNetwork(attachments, new Set(joined.map(({ networkId }) => networkId)), {
    chosen: chosen ?? null,
    inUse: new Set(inUse),
    silent: new Set(silent.map(({ networkId }) => networkId)),
    failedJoins: new Map(failedJoins.map(([{ networkId }, at]) => [networkId, at])),
  })?.networkName ?? null;

test.each<[string, string | null, Row]>([
  ["the first by name when nothing is joined", "amber", {}],
  ["one that is joined already", "blue", { joined: [blue] }],
  ["the first by name of those joined", "blue", { joined: [coral, blue] }],
  [
    "the one in use, whatever else is joined",
    "coral",
    { joined: [amber, blue, coral], inUse: ["172.21.0.3"] },
  ],
  ["another when the one in use is joined no more", "amber", { joined: [amber], inUse: ["172.21.0.3"] }],
  [
    "another when the container's address there is another one now",
    "amber",
    {
      joined: [amber, blue],
      inUse: ["172.20.0.99"],
    },
  ],
  ["another when a join has failed", "blue", { failedJoins: [[amber, 5_000]] }],
  [
    "one that is joined before one whose join has failed",
    "coral",
    {
      joined: [coral],
      failedJoins: [[amber, 5_000]],
    },
  ],
  [
    "the one in use although another's join has failed",
    "blue",
    {
      joined: [blue],
      inUse: ["172.20.0.3"],
      failedJoins: [[amber, 5_000]],
    },
  ],
  [
    "the one whose turn comes first when every join has failed",
    "coral",
    {
      failedJoins: [
        [amber, 5_000],
        [blue, 4_000],
        [coral, 3_000],
      ],
    },
  ],
  [
    "another when the container gives no answer on the one in use",
    "blue",
    { joined: [amber], inUse: ["172.19.0.3"], silent: [amber] },
  ],
  [
    "the one in use when it gives no answer anywhere",
    "blue",
    { joined: [amber, blue], inUse: ["172.20.0.3"], silent: [amber, blue, coral] },
  ],
  [
    "the one in use, without an answer, when no other can be joined",
    "amber",
    {
      joined: [amber],
      inUse: ["172.19.0.3"],
      silent: [amber],
      failedJoins: [
        [blue, 1],
        [coral, 2],
      ],
    },
  ],
  [
    "the user's choice before the one in use, although its join has failed",
    "coral",
    { chosen: "coral", joined: [amber, blue], inUse: ["172.19.0.3"], failedJoins: [[coral, 5_000]] },
  ],
  [
    "the one in use where the user has chosen one that the container is not on",
    "blue",
    { chosen: "gone", joined: [blue], inUse: ["172.20.0.3"] },
  ],
  ["none where there is no address", null, { attachments: [attachment("amber", "")] }],
  ["none where the network has no ID", null, { attachments: [{ ...amber, networkId: "" }] }],
  ["none where there is no network", null, { attachments: [] }],
])("picks %s", (_what, expected, row) => {
  expect(choose(row)).toBe(expected);
});

test("keeps what it has picked, whichever other networks are joined afterwards and whatever joins fail", () => {
  const attachments = [amber, blue, coral];
  const subsets = <T>([first, ...rest]: readonly T[]): T[][] =>
    first === undefined ? [[]] : subsets(rest).flatMap((set) => [set, [first, ...set]]);
  for (const before of subsets(attachments))
    for (const failed of subsets(attachments)) {
      const preferences: Preferences = {
        ...NO_PREFERENCES,
        failedJoins: new Map(failed.map(({ networkId }, index) => [networkId, index])),
      };
      const ids = (some: readonly NetworkAttachment[]) => new Set(some.map(({ networkId }) => networkId));
      const picked = chooseNetwork(attachments, ids(before), preferences);
      if (picked === null) throw new Error("there is always one");
      for (const later of subsets(attachments)) {
        const inUse = new Set([picked.address]);
        const joined = ids([...later, picked]);
        expect(chooseNetwork(attachments, joined, { ...preferences, inUse })).toBe(picked);
        expect(chooseNetwork(attachments.toReversed(), joined, { ...NO_PREFERENCES, inUse })).toBe(picked);
      }
    }
});
