import { recall, remember } from "./host/browser.ts";
import { systemClock } from "./host/clock.ts";
import { createConnection } from "./host/connection.ts";
import { findClient } from "./host/desktop-client.ts";
import { makeFirstCall } from "./host/first-call.ts";
import { loaded } from "./host/loaded.ts";

// The page loads this file first, and the call goes out before anything else has loaded. So it imports no library.
const client = findClient();
// No top-level await: the rest imports modules of this chunk, so each would wait for the other.
if (client === undefined) {
  // Zod compiles parsers where it can. The page's policy forbids that in a browser, which would report the attempt. Read when Zod loads.
  Reflect.set(globalThis, "__zod_globalConfig", { jitless: true });
  void loaded(() => import("./start-web.tsx"), systemClock).then(({ startWeb }) => startWeb());
} else {
  const connection = createConnection(client, { recall, remember, clock: systemClock });
  // The backend answers while the browser loads and evaluates the rest of the panel.
  const firstAnswer = makeFirstCall(connection);
  void loaded(() => import("./start.tsx"), systemClock).then(({ start }) => start(connection, firstAnswer));
}
