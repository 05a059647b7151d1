import type { Context, Measurement, Verdict } from "../measurement.ts";
import { processes } from "../processes.ts";
import { number, spread } from "../report.ts";
import { pairedRatios, rotated, summarize } from "../statistics.ts";
import { DATA_PATHS, type DataPath, type DataPathName, openDataPaths } from "./data-paths.ts";
import { requests, stream } from "./load.ts";

const FIGURES = {
  throughput: "one TCP stream, Mbit/s",
  requests: "16 kept connections, requests/s",
  p50: "their p50, ms",
  connections1: "new connections/s, 1 client",
  connections16: "new connections/s, 16 clients",
  errors: "errors",
} as const;
type Figure = keyof typeof FIGURES;
type Sample = Readonly<Record<Figure, number>>;

interface Target {
  readonly of: DataPathName;
  readonly figure: Figure;
  readonly against: DataPathName;
  readonly atLeast: number;
}
/** Targets for one data path's figure, as a multiple of another's. */
const TARGETS: readonly Target[] = [
  { of: "machine", figure: "throughput", against: "sidecar", atLeast: 0.98 },
  { of: "machine", figure: "requests", against: "sidecar", atLeast: 0.98 },
  { of: "machine", figure: "requests", against: "firewall", atLeast: 0.98 },
  { of: "node", figure: "throughput", against: "sidecar", atLeast: 0.85 },
  { of: "node", figure: "requests", against: "sidecar", atLeast: 0.95 },
  { of: "node", figure: "connections1", against: "sidecar", atLeast: 0.7 },
  { of: "node", figure: "connections16", against: "sidecar", atLeast: 0.9 },
  { of: "node", figure: "requests", against: "gateway", atLeast: 0.95 },
  { of: "node", figure: "connections16", against: "gateway", atLeast: 0.95 },
  { of: "node", figure: "requests", against: "serve", atLeast: 1.4 },
  { of: "node", figure: "connections16", against: "serve", atLeast: 2 },
];

async function measure({ exec, address }: DataPath): Promise<Sample> {
  const throughput = await stream(exec, address);
  const kept = await requests(exec, address, { clients: 16, kept: true });
  const oneClient = await requests(exec, address, { clients: 1, kept: false });
  const manyClients = await requests(exec, address, { clients: 16, kept: false });
  return {
    throughput,
    requests: kept.perSecond,
    p50: kept.p50Ms,
    connections1: oneClient.perSecond,
    connections16: manyClients.perSecond,
    errors: kept.errors + oneClient.errors + manyClients.errors,
  };
}

type Samples = Readonly<Record<DataPathName, readonly Sample[]>>;

function column(samples: Samples, dataPath: DataPathName, figure: Figure): readonly number[] {
  return samples[dataPath].map((sample) => sample[figure]);
}

function verdict(samples: Samples, { of, figure, against, atLeast }: Target): Verdict {
  const ratios = pairedRatios(column(samples, of, figure), column(samples, against, figure));
  return {
    target: `${of} ≥ ${atLeast} × ${against}: ${FIGURES[figure]}`,
    figure: spread(ratios),
    meets: summarize(ratios).median >= atLeast,
  };
}

async function run(context: Context): Promise<Awaited<ReturnType<Measurement["run"]>>> {
  const dataPaths = await openDataPaths(context);
  const samples: Record<DataPathName, Sample[]> = {
    direct: [],
    sidecar: [],
    firewall: [],
    machine: [],
    gateway: [],
    node: [],
    serve: [],
  };
  for (let round = 0; round < context.rounds; round += 1) {
    for (const name of rotated(DATA_PATHS, round)) {
      context.signal.throwIfAborted();
      await context.steps.step(`round ${round + 1}, ${name}`, async (note) => {
        const sample = await measure(dataPaths[name]);
        samples[name].push(sample);
        note(`${number(sample.throughput)} Mbit/s, ${number(sample.requests)} requests/s`);
      });
    }
  }
  const figures = Object.keys(FIGURES) as Figure[];
  const daemon = await processes(context.bed.desktop.backend, "tailscaled");
  return {
    tables: [
      {
        title: "Paths to the same target: median (min–max) over the rounds",
        columns: ["data path", ...Object.values(FIGURES)],
        rows: DATA_PATHS.map((dataPath) => [
          dataPath,
          ...figures.map((figure) =>
            figure === "errors"
              ? String(column(samples, dataPath, figure).reduce((sum, count) => sum + count, 0))
              : spread(column(samples, dataPath, figure)),
          ),
        ]),
      },
      {
        title: "The node's figure as a multiple of the other data path's, round by round",
        columns: ["against", ...figures.slice(0, -1).map((figure) => FIGURES[figure])],
        rows: DATA_PATHS.filter((dataPath) => dataPath !== "node").map((dataPath) => [
          dataPath,
          ...figures
            .slice(0, -1)
            .map((figure) =>
              spread(pairedRatios(column(samples, "node", figure), column(samples, dataPath, figure))),
            ),
        ]),
      },
    ],
    notes: [`The node's tailscaled holds ${number(daemon.residentMB)} MB after these loads.`],
    verdicts: TARGETS.map((target) => verdict(samples, target)),
    samples,
  };
}

export const paths: Measurement = {
  name: "paths",
  minutes: 4,
  minutesARound: 2,
  control: "headscale",
  run,
};
