import type { PanelWish } from "../https/panel-fronts.ts";
import type { MachineSettings } from "../machines/machine-settings.ts";
import type { StoredShare } from "../shares/stored-share.ts";
import type { NodeWish } from "../tailscale/node/preferences.ts";

/**
 * The state that the user asked for, as stored. The plan compares it with `Observed`. A use case only changes what is stored here and wakes
 * the loop.
 */
export interface Desired {
  shares: readonly StoredShare[];
  /** The settings of all machines. */
  machines: MachineSettings;
  /** The extension's own node. */
  node: NodeWish;
  /** The panel for browsers, as the tailnet is to reach it; null if it is not to. */
  panel: PanelWish | null;
}
