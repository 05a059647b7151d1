import { milliseconds, SUMMARY_COLUMNS, summaryCells } from "../bench/report.ts";
import { summarize } from "../bench/statistics.ts";
import { type Bed, openBed } from "../src/bed.ts";
import { downRound, type Outcome, type Visitor } from "../src/compose-rounds.ts";
import { endsUnderLoad } from "../src/ends-under-load.ts";
import type { Check, Part, TortureContext } from "./part.ts";

const QUIET_ROUNDS = 50;
/** Every n-th round has a browser with an idle connection, which takes seconds to become idle. */
const IDLE_EVERY = 4;
const STREAM_ROUNDS = 20;
const CLEAN_STREAMS = 0.95;
const KILLS = 50;
const LOOPS = 3;
const SHOWN_MS = 1_500;
const PORT = 8090;

type Generation = 1 | 2;

interface Rounds {
  readonly what: string;
  readonly outcomes: readonly Outcome[];
  readonly wantedShare: number;
}

/** Repeatedly brings a shared project of two services up and down. The first rounds have no client, the last ones a download. */
async function rounds(
  { signal, steps }: TortureContext,
  bed: Bed,
  generation: Generation,
): Promise<readonly Rounds[]> {
  const name = `tt-down${generation}-${bed.id}`;
  const workload = `compose:${name}/web/1`;
  const services = {
    web: { environment: { HTTP_PORT: String(PORT) }, expose: [String(PORT)] },
    db: { environment: { TCP_PORT: "5432" } },
  };
  const project = await bed.samples.project(name, services, {}, { generation });
  await project.up();
  await bed.api.waitFor(workload, ({ workloads }) => workloads.some(({ id }) => id === workload));
  await bed.api.putShare(workload, { ports: [{ port: PORT, protocol: "tcp" }] });
  const repeat = async (count: number, visitor: (round: number) => Visitor): Promise<readonly Outcome[]> => {
    const outcomes: Outcome[] = [];
    while (outcomes.length < count) {
      signal.throwIfAborted();
      outcomes.push(await downRound(bed, project, { workload, visitor: visitor(outcomes.length) }));
    }
    return outcomes;
  };
  const quiet = await steps.step(
    `compose v${generation} down, ${QUIET_ROUNDS} rounds`,
    async () => await repeat(QUIET_ROUNDS, (round) => (round % IDLE_EVERY === 0 ? "idle" : "nobody")),
  );
  const streams = await steps.step(
    `compose v${generation} down during a download, ${STREAM_ROUNDS} rounds`,
    async () => await repeat(STREAM_ROUNDS, () => "stream"),
  );
  await bed.api.deleteShare(workload);
  return [
    { what: `compose v${generation}, nobody or an idle browser`, outcomes: quiet, wantedShare: 1 },
    { what: `compose v${generation}, a download`, outcomes: streams, wantedShare: CLEAN_STREAMS },
  ];
}

function check({ what, outcomes, wantedShare }: Rounds): Check {
  const bad = outcomes.filter(({ clean }) => !clean);
  return {
    sentence: `a shared project is taken down cleanly, ${what}: ${wantedShare * 100} % of ${outcomes.length} rounds`,
    holds: bad.length <= outcomes.length * (1 - wantedShare) + 1e-9,
    figure: `${outcomes.length - bad.length}${bad[0] === undefined ? "" : `; ${bad[0].problems}`}`,
  };
}

export const compose: Part = {
  name: "compose",
  title: "the user's own commands on shared containers",
  async run(context) {
    const { prerequisites, steps, signal } = context;
    const bed = await steps.step("a bed for 'compose'", () => openBed(prerequisites));
    try {
      await bed.login();
      const all = [...(await rounds(context, bed, 1)), ...(await rounds(context, bed, 2))];
      const ends = await steps.step(
        `${KILLS} kills with ${LOOPS} busy loops`,
        async () => await endsUnderLoad(bed, { kills: KILLS, loops: LOOPS }, signal),
      );
      signal.throwIfAborted();
      const slowest = Math.max(...ends);
      return {
        tables: [
          {
            title: "How long before its removal a network was left",
            columns: ["", ...SUMMARY_COLUMNS],
            rows: all.map(({ what, outcomes }) => [
              what,
              ...summaryCells(summarize(outcomes.flatMap(({ aheadMs }) => aheadMs ?? []))),
            ]),
          },
          {
            title: "From `docker kill` until the row says so",
            columns: ["", ...SUMMARY_COLUMNS],
            rows: [[`${LOOPS} busy loops`, ...summaryCells(summarize(ends))]],
          },
        ],
        checks: [
          ...all.map(check),
          {
            sentence: `a killed container's row says so within 1.5 s on a busy computer, ${KILLS} times`,
            holds: ends.length === KILLS && slowest <= SHOWN_MS,
            figure: milliseconds(slowest),
          },
        ],
      };
    } finally {
      await steps.step("clean up the bed for 'compose'", () => bed.close());
    }
  },
};
