import { createDesktopHost } from "./desktop.ts";
import { withHeadStart } from "./head-start.ts";

/** Built before the rest of the panel's code is evaluated, so that the backend answers in the meantime. */
export const earlyHost = withHeadStart(createDesktopHost());
