import { Snapshot } from "@tailnet-share/contract/snapshot";
import { parsedAnswer } from "./parsed-answer.ts";
import type { GalleryState } from "./state.ts";
import { BEFORE } from "./states-before-list.ts";
import { BROWSER } from "./states-browser.ts";
import { CHECK } from "./states-check.ts";
import { HELP } from "./states-help.ts";
import { HOSTILE } from "./states-hostile.ts";
import { LIST } from "./states-list.ts";
import { LISTENING } from "./states-listening.ts";
import { MACHINE } from "./states-machine.ts";
import { NODE } from "./states-node.ts";
import { SETTINGS } from "./states-settings.ts";
import { TROUBLE } from "./states-trouble.ts";
import { WORKLOADS } from "./states-workloads.ts";

/** Throws on load if the contract's schemas forbid a state. */
export const STATES: readonly GalleryState[] = [
  ...BEFORE,
  ...NODE,
  ...LIST,
  ...LISTENING,
  ...WORKLOADS,
  ...CHECK,
  ...MACHINE,
  ...SETTINGS,
  ...HELP,
  ...TROUBLE,
  ...HOSTILE,
  ...BROWSER,
].map((state) => ({
  ...state,
  snapshot: state.snapshot && Snapshot.parse(state.snapshot),
  answers: Object.fromEntries(
    Object.entries(state.answers ?? {}).map(([route, answer]) => [route, parsedAnswer(route, answer)]),
  ),
}));

/** IDs for screenshot tools, at `gallery.html#state=<id>&theme=<light|dark>`. */
export const STATE_IDS: readonly string[] = STATES.map(({ id }) => id);
