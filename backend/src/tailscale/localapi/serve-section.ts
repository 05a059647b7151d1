import { type ForegroundSession, openForegroundSession } from "../daemon/foreground.ts";
import type { LocalApi } from "./localapi.ts";
import type { ServeConfig, ServedSection } from "./types.ts";

/**
 * A part of tailscaled's serve config that ends with this backend. tailscaled would restore a stored one at its next start, before
 * the backend has checked which containers own those addresses now.
 */
export interface ServeSection {
  /** The section as tailscaled has it; null while stored config conflicts with it. */
  read(signal?: AbortSignal): Promise<ServedSection | null>;
  /** Replaces the whole section and removes stored config that conflicts with it. */
  write(section: ServedSection, signal?: AbortSignal): Promise<void>;
  /** Whether the section can hold config. */
  isOpen(): boolean;
  /** Ends the section and everything in it. */
  close(): void;
}

/** Removes whatever conflicts with a section from a stored config; returns the same value when nothing does. Pure. */
export type BesideSection = (stored: ServeConfig, section: ServedSection) => ServeConfig;

/** A session of tailscaled's bus, and whether the section is stored under it yet. */
interface Place {
  readonly session: ForegroundSession;
  taken: boolean;
}

/** `onLost` is called when tailscaled ends the section. */
export function createServeSection(
  localApi: Pick<LocalApi, "serveConfig" | "setServeConfig" | "watchBus">,
  beside: BesideSection,
  onLost: () => void,
): ServeSection {
  let place: Place | null = null;

  /** tailscaled refuses a session port that a stored config has, so remove conflicts first. */
  async function cleared(
    section: ServedSection,
    signal?: AbortSignal,
  ): Promise<{ config: ServeConfig; etag: string }> {
    const there = await localApi.serveConfig(signal);
    const left = beside(there.config, section);
    if (left === there.config) return there;
    await localApi.setServeConfig(left, there.etag, signal);
    return await localApi.serveConfig(signal);
  }

  return {
    async read(signal) {
      const before = place?.taken === true ? place : null;
      const { config } = await localApi.serveConfig(signal);
      const isOver = before === null || before.session.over();
      const section = isOver ? undefined : config.Foreground?.[before.session.id];
      if (beside(config, section ?? {}) !== config) return null;
      if (before === null || section !== undefined) return section ?? {};
      // Another account's config, or none. Reusing the session would restore the previous section along with its account.
      before.session.close();
      if (place === before) place = null;
      return {};
    },

    async write(section, signal) {
      if (place?.session.over() === true) place = null;
      place ??= { session: await openForegroundSession(localApi, onLost, signal), taken: false };
      const now = place;
      const { config, etag } = await cleared(section, signal);
      // Keep an empty section: tailscaled closes a session when its section disappears.
      const Foreground = { ...config.Foreground, [now.session.id]: section };
      await localApi.setServeConfig({ ...config, Foreground }, etag, signal);
      now.taken = true;
    },

    isOpen: () => place !== null && !place.session.over(),

    close() {
      place?.session.close();
      place = null;
    },
  };
}
