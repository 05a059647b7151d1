import { isIPv4 } from "node:net";
import { checkServerIdentity, connect } from "node:tls";
import type { Fault } from "@tailnet-share/contract/errors";
import type { SharedPort } from "@tailnet-share/contract/share";
import { portWords } from "@tailnet-share/contract/unanswered";
import type { HopList } from "./report.ts";

/** Opens a TLS connection and closes it. Resolves with null if the server's certificate is valid for the name, else with the problem. */
export type OpenTls = (address: string, port: number, name: string) => Promise<string | null>;

/** Milliseconds. */
const HELLO_MS = 3_000;

export const openTls: OpenTls = async (address, port, name) =>
  await new Promise((resolve) => {
    // Clients decide whether to trust the authority; the tailnet may have its own.
    const options = { host: address, port, servername: name, rejectUnauthorized: false, timeout: HELLO_MS };
    const socket = connect(options);
    const end = (reason: string | null) => {
      socket.destroy();
      resolve(reason);
    };
    socket.once("secureConnect", () => {
      const certificate = socket.getPeerCertificate();
      const wrongName = checkServerIdentity(name, certificate);
      if (wrongName !== undefined) end(wrongName.message);
      else if (Date.parse(certificate.valid_to) < Date.now()) end("the certificate has expired");
      else end(null);
    });
    socket.once("error", ({ message }) => end(message));
    socket.once("timeout", () => end("no answer"));
  });

/** Visits the node's own ports with HTTPS, as a browser would. Returns the failure. */
export async function visitHttps(
  node: { readonly addresses: readonly string[]; readonly dnsName: string },
  ports: readonly SharedPort[],
  hops: HopList,
  open: OpenTls,
): Promise<Fault | null> {
  const address = node.addresses.find(isIPv4);
  const secure = ports.filter(({ https }) => https);
  if (address === undefined || secure.length === 0) return null;
  const visited = secure.map(({ nodePort, protocol }) => ({ port: nodePort, protocol }));
  const reasons = await Promise.all(visited.map(async ({ port }) => await open(address, port, node.dnsName)));
  const [reason] = reasons.filter((each) => each !== null);
  if (reason !== undefined)
    return {
      code: "HTTPS_NOT_READY",
      message: `HTTPS on this node does not work: ${reason}.`,
      hint: "Test again in a minute; if this persists, switch HTTPS off and on for this port.",
    };
  hops.pass("visit", `${portWords(visited)} answered over HTTPS`);
  return null;
}
