import { setTimeout } from "node:timers/promises";
import { SECRET_HEADER } from "@tailnet-share/contract/access";
import { ErrorBody } from "@tailnet-share/contract/errors";
import { LINK_ROUTE, PanelLink } from "@tailnet-share/contract/session";
import { secretOfThisRun } from "../http/access/secret-file.ts";
import { createUnixHttp, type HttpAnswer } from "../lib/net/unix-http.ts";

/*
 * Prints a link that signs one browser in to the panel. It has to run in the backend's container, so only somebody who controls the engine
 * can get one: `docker exec tailnet-share node /app/panel-link.mjs`. Users run it right after the command that starts the container.
 */
const PATIENCE_MS = 30_000;
const RETRY_MS = 200;

const backend = createUnixHttp(
  process.env.TAILNET_SHARE_SOCKET ?? "/run/guest-services/backend.sock",
  "backend",
);

/** Returns null if the backend didn't answer in time. */
async function askForLink(): Promise<HttpAnswer | null> {
  const deadline = performance.now() + PATIENCE_MS;
  do {
    // The secret is another one after a restart.
    const headers = { [SECRET_HEADER]: secretOfThisRun() };
    const answer = await backend.send({ ...LINK_ROUTE, headers, fresh: true }).catch(() => null);
    if (answer !== null) return answer;
    await setTimeout(RETRY_MS);
  } while (performance.now() < deadline);
  return null;
}

function fail(words: string): void {
  console.error(words);
  process.exitCode = 1;
}

/** A backend that can't start says why. */
function reasonIn(body: string): string {
  const { message, hint } = ErrorBody.parse(JSON.parse(body)).error;
  return `${message} ${hint}`.trim();
}

const answer = await askForLink();
if (answer === null) fail("The backend does not answer. 'docker logs' of this container says why.");
else if (answer.status === 200) console.log(PanelLink.parse(JSON.parse(answer.body)).url);
else if (answer.status === 404)
  fail("The panel for browsers is off. Start the container with TAILNET_SHARE_PANEL=on.");
else fail(reasonIn(answer.body));
