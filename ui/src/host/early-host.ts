import { createDesktopHost } from "./desktop.ts";
import { withHeadStart } from "./head-start.ts";

/** Built while the rest of the panel's code is still to be evaluated: the backend answers in the meantime. */
export const earlyHost = withHeadStart(createDesktopHost());
