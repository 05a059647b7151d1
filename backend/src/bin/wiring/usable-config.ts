import { writeSync } from "node:fs";
import { AppError } from "@tailnet-share/contract/errors";
import { type Config, faultPlaces, PANEL_PORT, readConfig } from "../../config.ts";
import { gatewayOfWayOut } from "../../engine/egress.ts";
import { createFaultServer } from "../../http/browser/fault-server.ts";
import { onlyFromHost } from "../../http/browser/way-in.ts";
import { listen } from "../../http/server.ts";
import { createLog } from "../../operations/log/log.ts";

/**
 * Reads the environment. If a variable can't be used, logs that in one line and answers every panel with it, until the container is stopped.
 * Nothing else is started: half a configuration could share the wrong thing.
 */
export async function usableConfig(environment: NodeJS.ProcessEnv): Promise<Config> {
  try {
    return readConfig(environment);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return await answerUntilStopped(error, environment);
  }
}

async function answerUntilStopped({ fault }: AppError, environment: NodeJS.ProcessEnv): Promise<never> {
  for (const name of ["SIGTERM", "SIGINT"] as const) process.once(name, () => process.exit(0));
  const format = environment.TAILNET_SHARE_LOG_FORMAT === "json" ? "json" : "text";
  const { log } = createLog({ level: "info", format, write: (line) => writeSync(1, line) });
  const { code, message, hint } = fault;
  log.fatal(
    { event: "backend.misconfigured", code, reason: message, hint },
    "the backend does not start with its environment",
  );
  const { socket, isForBrowsers } = faultPlaces(environment);
  const unheard = (err: unknown) => log.error({ event: "backend.unheard", err }, "a panel can't be told why");
  await listen(createFaultServer(fault, log), socket).catch(unheard);
  if (isForBrowsers) {
    const gateway = await gatewayOfWayOut().catch(() => null);
    const server = createFaultServer(fault, log);
    server.server.on(
      "connection",
      onlyFromHost(() => new Set(gateway === null ? [] : [gateway])),
    );
    await server.listen({ host: "0.0.0.0", port: PANEL_PORT }).catch(unheard);
  }
  return await new Promise<never>(() => undefined);
}
