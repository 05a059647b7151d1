import { request } from "node:http";
import { SECRET_HEADER } from "@tailnet-share/contract/access";
import { LINK_ROUTE, PanelLink } from "@tailnet-share/contract/session";
import { secretOfThisRun } from "../http/access/secret-file.ts";

/*
 * Prints a link that signs one browser in to the panel. It has to run in the backend's container, so only somebody who controls the engine
 * can get one: `docker exec tailnet-share node /app/panel-link.mjs`.
 */
const socketPath = process.env.TAILNET_SHARE_SOCKET ?? "/run/guest-services/backend.sock";

function fail(words: string): void {
  console.error(words);
  process.exitCode = 1;
}

request(
  {
    ...{ socketPath, method: LINK_ROUTE.method, path: LINK_ROUTE.path },
    headers: { host: "backend", [SECRET_HEADER]: secretOfThisRun() },
  },
  (answer) => {
    let text = "";
    answer
      .setEncoding("utf8")
      .on("data", (part: string) => {
        text += part;
      })
      .on("end", () => {
        if (answer.statusCode === 200) console.log(PanelLink.parse(JSON.parse(text)).url);
        else if (answer.statusCode === 404)
          fail("The panel for browsers is off. Start the container with TAILNET_SHARE_PANEL=on.");
        else fail("The backend refuses to make a link. Its log says why.");
      });
  },
)
  .on("error", () => fail("The backend does not answer yet. Try again in a few seconds."))
  .end();
