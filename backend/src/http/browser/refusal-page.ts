import type { Fault } from "@tailnet-share/contract/errors";
import { PANEL_CAPABILITY } from "@tailnet-share/contract/session";
import type { FastifyReply, FastifyRequest } from "fastify";
import { protectAnswer } from "./page-files.ts";

/** A device of the tailnet that has no role in the panel. */
export interface Stranger {
  /** Its user, or the device itself if it belongs to nobody or to the node's own user. */
  readonly name: string;
  /** The `src` of a grant that gives it a role. */
  readonly source: string;
  /** The `dst` of that grant: this node. */
  readonly node: string;
}

/** Seconds until a page that may work soon is asked for again. */
const RETRY_S = 5;

/** Returns an answerer of refused requests, as `createServer` takes it: by a page where a person opens an address. */
export function answerByPage(
  strangerAt: (request: FastifyRequest) => Promise<Stranger | null>,
): (request: FastifyRequest, reply: FastifyReply, status: number, fault: Fault) => Promise<string | null> {
  return async (request, reply, status, fault) => {
    if (!isNavigation(request)) return null;
    // No hook runs for an address that can't be read.
    protectAnswer(reply);
    const stranger = fault.code === "NO_ROLE" ? await strangerAt(request).catch(() => null) : null;
    if (mayWorkSoon(status)) void reply.header("refresh", RETRY_S);
    return refusalPage(fault, status, stranger);
  };
}

/** Returns whether a person opens an address in a browser. Pages' scripts, images and frames' programs get JSON. */
export function isNavigation({ method, headers }: Pick<FastifyRequest, "method" | "headers">): boolean {
  if (method !== "GET") return false;
  const mode = headers["sec-fetch-mode"];
  // Browsers leave it out over plain HTTP to other names than localhost.
  return mode === undefined ? (headers.accept ?? "").includes("text/html") : mode === "navigate";
}

/** Returns whether the same request may work in a few seconds. */
export function mayWorkSoon(status: number): boolean {
  return status === 429 || (status >= 502 && status <= 504);
}

/**
 * Returns the page that a browser shows instead of the panel, as HTML. It has no script: the content security policy allows none.
 * `stranger`: only for `NO_ROLE`, and only if it may be told that this is a panel.
 */
export function refusalPage(fault: Fault, status: number, stranger: Stranger | null): string {
  if (stranger !== null) return document("You have no access to this panel", accessParts(stranger));
  if (mayWorkSoon(status))
    return document("Not available at the moment", [
      ...texts(fault),
      paragraph(`This page tries again every ${RETRY_S} seconds.`),
    ]);
  if (fault.code === "UNKNOWN_ROUTE")
    return document("There is no such page", ['<p><a href="/">Open the start page</a></p>']);
  return document("This page can't be opened", texts(fault));
}

function accessParts({ name, source, node }: Stranger): string[] {
  const grant = {
    src: [source],
    dst: [node],
    app: { [PANEL_CAPABILITY]: [{ role: "view" }] },
  };
  return [
    paragraph("This is a panel of Tailnet Share, which shares containers over Tailscale."),
    `<p>You are signed in to the tailnet as <strong>${escaped(name)}</strong>.</p>`,
    paragraph(
      "To let you in, the owner of this node adds this to 'grants' in the tailnet's access controls. The role 'edit' also allows changes.",
    ),
    `<pre>${escaped(JSON.stringify(grant, null, 2))}</pre>`,
    '<p><a href="/">Try again</a> about ten seconds after that.</p>',
  ];
}

function texts({ message, hint }: Fault): string[] {
  return [message, hint].filter((text) => text !== "").map(paragraph);
}

function paragraph(text: string): string {
  return `<p>${escaped(text)}</p>`;
}

function document(title: string, parts: readonly string[]): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>
:root { color-scheme: light dark; }
body { max-width: 40rem; margin: 3rem auto; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; }
pre { overflow-x: auto; padding: 1rem; border: 1px solid; user-select: all; }
</style>
</head>
<body>
<main>
<h1>${escaped(title)}</h1>
${parts.join("\n")}
</main>
</body>
</html>
`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
}
