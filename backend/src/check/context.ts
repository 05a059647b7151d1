import type { Forward } from "../dataplane/data-plane.ts";
import type { ExposureContext } from "../status/exposure.ts";
import type { FromTailnet } from "./from-tailnet.ts";
import type { OpenTls } from "./https-visit.ts";
import type { ListeningTries } from "./listening.ts";
import type { AskByName } from "./names.ts";
import type { OwnDevice } from "./tailnet.ts";

/** The observations that a check starts from, and its ways to probe. */
export interface CheckContext extends ListeningTries, FromTailnet, ExposureContext {
  /** Requests a page from a web server by a host name. */
  ask: AskByName;
  openTls: OpenTls;
  /** Returns whether exactly these forwards, with the rules around them, are in force now. */
  rulesInPlace: (forwards: readonly Forward[]) => Promise<boolean>;
  /** The node, or a machine by its key. */
  device: (machineKey: string | null) => OwnDevice;
}
