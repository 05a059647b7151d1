import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import type { Engine } from "../engine/engine.ts";
import { labelFlags } from "../lib/bed-id.ts";
import { waitFor } from "../lib/wait-for.ts";
import type { Surroundings } from "../tailnet/login-server.ts";
import { type Backend, createBackend } from "./backend.ts";
import { parseCompose } from "./compose-rules.ts";
import { type ExtensionImage, openExtensionImage } from "./extension-image.ts";
import { composeOverride } from "./override.ts";
import { type Page, startPage } from "./page.ts";
import type { PanelHost } from "./page-container.ts";

export interface DesktopOptions {
  readonly bedId: string;
  /** Name of the bed's internal network, which becomes the extension's own. */
  readonly network: string;
  /** Settings that the backend needs to find the bed's control server. */
  readonly surroundings: Surroundings;
  /** The extension's image. */
  readonly image: string;
  /** Defaults to Docker Desktop. */
  readonly host?: PanelHost;
  /** Image with `node`, for the page. */
  readonly nodeImage: string;
  /** Extra environment for the backend. */
  readonly env?: Readonly<Record<string, string>>;
  /** Interval of the engine's health checks in seconds, instead of the image's minute. */
  readonly healthSeconds?: number;
}

/** The product on an engine. */
export interface Installation {
  readonly backend: Backend;
  readonly page: Page;
  /** Stops the product and removes everything it owned, including volumes. */
  uninstall(): Promise<void>;
  /** Removes what the test bed needed to install it. */
  close(): Promise<void>;
}

/** A stand-in for Docker Desktop with one extension installed. */
export interface Desktop extends Installation {
  readonly extension: ExtensionImage;
  /** Recreates the backend from an image and keeps its volumes, as an update does. */
  update(image: string): Promise<Desktop>;
  /** Recreates the backend's container from the same image and keeps its volumes: `docker compose up --force-recreate`. */
  recreate(): Promise<Desktop>;
}

type Started = Pick<Desktop, "extension" | "backend">;

/** Installs an extension's image as Docker Desktop would, with strict checks. Rejects with `InvalidExtension`. */
export async function installExtension(engine: Engine, options: DesktopOptions): Promise<Desktop> {
  const { bedId } = options;
  const project: Project = {
    name: `tailnet-share-${bedId}`,
    guestServicesVolume: `tailnet-share-guest-services-${bedId}`,
  };
  const { guestServicesVolume } = project;
  await engine.docker(["volume", "create", ...labelFlags(bedId), guestServicesVolume]);

  const installed = await startBackend(engine, options, project, options.image);
  const { metadata, uiFolder } = installed.extension;
  const page = await startPage(engine, {
    host: options.host ?? "docker",
    bedId,
    nodeImage: options.nodeImage,
    uiFolder,
    index: metadata.ui?.["dashboard-tab"]?.src ?? "index.html",
    guestServicesVolume,
    socket: metadata.vm?.exposes?.socket ?? "backend.sock",
    // Not the bed's relay, which lets through only what the backend may do.
    engineSocket: engine.own?.socket ?? "/var/run/docker.sock",
    backendLabels: [`com.docker.compose.project=${project.name}`, "tailnet-share.role=backend"],
  });
  await backendAnswers(page, installed.backend);

  async function replace(current: Started, image: string, flags: readonly string[]): Promise<Desktop> {
    await current.extension.close();
    const next = await startBackend(engine, options, project, image, flags);
    await backendAnswers(page, next.backend);
    return desktop(next);
  }

  function desktop(current: Started): Desktop {
    return {
      ...current,
      page,
      async uninstall() {
        await removeProject(engine, project.name);
        await current.extension.close();
      },
      close: async () => await current.extension.close(),
      update: async (image) => await replace(current, image, []),
      recreate: async () => await replace(current, options.image, ["--force-recreate"]),
    };
  }
  return desktop(installed);
}

/** The extension's Compose project. */
interface Project {
  readonly name: string;
  /** Holds the backend's socket, which the page calls. */
  readonly guestServicesVolume: string;
}

/** `flags`: of `compose up`. */
async function startBackend(
  engine: Engine,
  options: DesktopOptions,
  project: Project,
  image: string,
  flags: readonly string[] = [],
): Promise<Started> {
  const { guestServicesVolume } = project;
  const { socketInEngine } = engine;
  const extension = await openExtensionImage(engine, image);
  const file = parseCompose(await readFile(extension.composeFile, "utf8"));
  const services = Object.keys(file.services);
  const volumes = Object.keys(file.volumes);
  const override = join(extension.folder, "override.yaml");
  const content = { ...options, image, services, volumes, socketInEngine, guestServicesVolume };
  await writeFile(override, stringify(composeOverride(content)));
  const compose = (args: readonly string[]): Promise<string> =>
    engine.compose(["-f", extension.composeFile, "-f", override, "-p", project.name, ...args], {
      env: { DESKTOP_PLUGIN_IMAGE: image },
    });
  await compose(["up", "-d", ...flags]);
  const backendId = await compose(["ps", "-q", ...services.slice(0, 1)]);
  return { extension, backend: createBackend(engine, backendId) };
}

/** Stops the project's containers, and removes them and its volumes. */
async function removeProject(engine: Engine, project: string): Promise<void> {
  const own = `label=com.docker.compose.project=${project}`;
  const lines = (text: string): string[] => text.split("\n").filter(Boolean);
  for (const id of lines(await engine.docker(["ps", "-aq", "--filter", own]))) {
    await engine.docker(["stop", "-t", "10", id]);
    await engine.docker(["rm", "-v", id]);
  }
  const volumes = lines(await engine.docker(["volume", "ls", "-q", "--filter", own]));
  if (volumes.length > 0) await engine.docker(["volume", "rm", ...volumes]);
}

async function backendAnswers(page: Page, backend: Backend): Promise<void> {
  await waitFor(async () => (await page.request({ method: "GET", url: "/snapshot" })).status === 200, {
    what: "the backend to answer on its socket",
    timeoutMs: 30_000,
  }).catch(async (error: unknown) => {
    throw new Error(`the backend does not answer. Its log:\n${(await backend.logs()).slice(-4_000)}`, {
      cause: error,
    });
  });
}
