import type { Engine } from "../engine/engine.ts";
import type { Steps } from "../lib/steps.ts";
import {
  CONTAINERBOOT,
  editionOf,
  HEADSCALE,
  type OwnProgram,
  ownProgram,
  TAILSCALE,
} from "./go-binaries.ts";
import { standInDebian, standInGo, standInNode } from "./stand-ins.ts";

const NODE_VERSION = "24.21.0";

/** Tags of the images that everything else is built from: Docker Hub's, or our stand-ins. */
export interface BaseImages {
  readonly node: string;
  readonly debian: string;
  readonly tailscale: string;
  readonly headscale: string;
  /** False for stand-ins, because nothing can be pulled. */
  readonly pulled: boolean;
}

interface Base {
  readonly hub: string;
  readonly standIn: string;
  readonly make: (engine: Engine, tag: string, steps: Steps) => Promise<void>;
}

const BASES = {
  debian: {
    hub: "debian:bookworm-slim",
    standIn: "tailnet-share-bed/debian:bookworm-slim",
    make: standInDebian,
  },
  node: {
    hub: `node:${NODE_VERSION}-bookworm-slim`,
    standIn: `tailnet-share-bed/node:${NODE_VERSION}`,
    make: (engine, tag, steps) => standInNode(engine, NODE_VERSION, tag, steps),
  },
  tailscale: {
    hub: `tailscale/tailscale:${TAILSCALE.version}`,
    standIn: `tailnet-share-bed/tailscale:${TAILSCALE.version}`,
    make: (engine, tag, steps) =>
      standInGo(
        engine,
        TAILSCALE,
        { tag, folderInImage: "usr/local/bin", changes: ["ENV PATH=/usr/local/bin"] },
        steps,
      ),
  },
  headscale: {
    hub: `headscale/headscale:${HEADSCALE.version}`,
    standIn: `tailnet-share-bed/headscale:${HEADSCALE.version}`,
    make: (engine, tag, steps) =>
      standInGo(
        engine,
        HEADSCALE,
        { tag, folderInImage: "ko-app", changes: ["ENV PATH=/ko-app", 'ENTRYPOINT ["/ko-app/headscale"]'] },
        steps,
      ),
  },
} as const satisfies Record<string, Base>;

async function present(engine: Engine, tag: string): Promise<boolean> {
  return (await engine.tryDocker(["image", "inspect", tag])).code === 0;
}

/** When Docker Hub is unreachable, the first pull fails. A short deadline keeps a silent network from costing minutes. */
async function canPull(engine: Engine): Promise<boolean> {
  const attempt = await engine.tryDocker(["pull", "-q", BASES.debian.hub], { timeoutMs: 90_000 });
  return attempt.code === 0;
}

/** Pulls the base images, or builds stand-ins when pulling fails. Keeps existing images. */
export async function openBaseImages(engine: Engine, steps: Steps): Promise<BaseImages> {
  const bases = Object.entries(BASES);
  const standIns = await Promise.all(bases.map(([, base]) => present(engine, base.standIn)));
  const hub = await Promise.all(bases.map(([, base]) => present(engine, base.hub)));
  const pulled =
    hub.every(Boolean) ||
    (!standIns.every(Boolean) &&
      (await steps.step("can images be pulled", async (note) => {
        const can = await canPull(engine);
        note(can ? "yes" : "no, so stand-ins are made of packages");
        return can;
      })));
  for (const [name, base] of bases) {
    const tag = pulled ? base.hub : base.standIn;
    if (await present(engine, tag)) continue;
    await steps.step(`base image ${name}`, async (note) => {
      note(tag);
      if (pulled) await engine.docker(["pull", "-q", tag]);
      else await base.make(engine, tag, steps);
    });
  }
  const tagOf = (name: keyof typeof BASES): string => (pulled ? BASES[name].hub : BASES[name].standIn);
  return {
    node: tagOf("node"),
    debian: tagOf("debian"),
    tailscale: tagOf("tailscale"),
    headscale: tagOf("headscale"),
    pulled,
  };
}

/** Builds an image that only contains the entry point of Tailscale's image, for when that cannot be pulled. Returns its tag. */
export async function openContainerboot(engine: Engine, steps: Steps): Promise<string> {
  const tag = `tailnet-share-bed/containerboot:${CONTAINERBOOT.version}`;
  if (await present(engine, tag)) return tag;
  const target = { tag, folderInImage: "usr/local/bin", changes: ["ENV PATH=/usr/local/bin"] };
  await standInGo(engine, CONTAINERBOOT, target, steps);
  return tag;
}

/** Builds the image of one of our servers and returns its tag. */
export async function openOwnServer(engine: Engine, name: OwnProgram, steps: Steps): Promise<string> {
  const program = await ownProgram(name);
  const tag = `tailnet-share-bed/${name}:${editionOf(program)}`;
  if (await present(engine, tag)) return tag;
  const target = { tag, folderInImage: "app", changes: [`ENTRYPOINT ["/app/${name}"]`] };
  await standInGo(engine, program, target, steps);
  return tag;
}
