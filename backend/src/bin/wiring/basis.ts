import type { Fault } from "@tailnet-share/contract/errors";
import pino from "pino";
import type { Config } from "../../config.ts";
import { createWayOut } from "../../dataplane/way-out.ts";
import { presumedDialect } from "../../engine/dialect.ts";
import { createChannel } from "../../lib/channel.ts";
import { clockAheadBy, systemClock } from "../../lib/clock.ts";
import { createLookAgain } from "../../lib/look-again.ts";
import { createLog } from "../../operations/log/log.ts";
import { createMeter } from "../../operations/metrics/meter.ts";
import { createAudience } from "../../operations/operations.ts";
import { createObservation } from "../../reconcile/look/observation.ts";
import type { Cause } from "../../reconcile/pace.ts";

/**
 * Makes the parts that all others use. `observation`, `audience`, `wake` and `redraw` are among them because the loop and the feed share
 * them with parts that are made earlier, and `panelUnanswered` because the feed shares it with a part that is made later.
 */
export function createBasis(environment: NodeJS.ProcessEnv, config: Config) {
  const clock = config.clockAheadFile === null ? systemClock : clockAheadBy(config.clockAheadFile);
  const output = pino.destination({ fd: 1, sync: true });
  const { log, lastLines, conceal } = createLog({
    level: config.logLevel,
    format: config.logFormat,
    write: (line) => output.write(line),
  });
  const meter = createMeter();
  const wake = createChannel<Cause>();
  return {
    environment,
    config,
    clock,
    log,
    lastLines,
    /** Redacts these secrets in all log lines. */
    conceal,
    meter,
    observation: createObservation(presumedDialect("").kind),
    audience: createAudience(meter, clock),
    wayOut: createWayOut(log),
    /** Wakes the loop. */
    wake,
    lookAgain: createLookAgain(clock, () => wake.send("event")),
    /** Builds the snapshot again. */
    redraw: createChannel<void>(),
    /** Why nobody answers visitors of the panel from the tailnet; null while somebody does. */
    panelUnanswered: { fault: null as Fault | null },
  };
}

export type Basis = ReturnType<typeof createBasis>;
