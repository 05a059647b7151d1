import { Snapshot } from "@tailnet-share/contract/model";
import type { GalleryState } from "./state.ts";
import { BEFORE } from "./states-before.ts";
import { LIST } from "./states-list.ts";
import { MACHINE } from "./states-machine.ts";
import { SETTINGS } from "./states-settings.ts";

/** A state that no backend can send, by the contract's schemas, throws when this is loaded. */
export const STATES: readonly GalleryState[] = [...BEFORE, ...LIST, ...MACHINE, ...SETTINGS].map((state) => ({
  ...state,
  snapshot: state.snapshot && Snapshot.parse(state.snapshot),
}));

/** For whoever photographs them all, at `gallery.html#state=<id>&theme=<light|dark>`. */
export const STATE_IDS: readonly string[] = STATES.map(({ id }) => id);
