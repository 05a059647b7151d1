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
  /** Returns whether the section can hold config. */
  isOpen(): boolean;
  /** Ends the section and everything in it. */
  close(): void;
}

/** Removes whatever conflicts with a section from a stored config; returns the same value when nothing does. Pure. */
export type BesideSection = (stored: ServeConfig, section: ServedSection) => ServeConfig;

/** A session of tailscaled's bus, and whether the section is stored under it yet. */
interface OpenSession {
  readonly session: ForegroundSession;
  taken: boolean;
}

/** `onLost` is called when tailscaled ends the section. */
export function createServeSection(
  localApi: Pick<LocalApi, "serveConfig" | "setServeConfig" | "watchBus">,
  beside: BesideSection,
  onLost: () => void,
): ServeSection {
  let open: OpenSession | null = null;

  /** tailscaled refuses a session port that a stored config has, so remove conflicts first. */
  async function cleared(
    section: ServedSection,
    signal?: AbortSignal,
  ): Promise<{ config: ServeConfig; etag: string }> {
    const stored = await localApi.serveConfig(signal);
    const remaining = beside(stored.config, section);
    if (remaining === stored.config) return stored;
    await localApi.setServeConfig(remaining, stored.etag, signal);
    return await localApi.serveConfig(signal);
  }

  return {
    async read(signal) {
      const before = open?.taken === true ? open : null;
      const { config } = await localApi.serveConfig(signal);
      const isOver = before === null || before.session.over();
      const section = isOver ? undefined : config.Foreground?.[before.session.id];
      if (beside(config, section ?? {}) !== config) return null;
      if (before === null || section !== undefined) return section ?? {};
      // Another account's config, or none. Reusing the session would restore the previous section along with its account.
      before.session.close();
      if (open === before) open = null;
      return {};
    },

    async write(section, signal) {
      if (open?.session.over() === true) open = null;
      open ??= { session: await openForegroundSession(localApi, onLost, signal), taken: false };
      const now = open;
      const { config, etag } = await cleared(section, signal);
      // Keep an empty section: tailscaled closes a session when its section disappears.
      const Foreground = { ...config.Foreground, [now.session.id]: section };
      await localApi.setServeConfig({ ...config, Foreground }, etag, signal);
      now.taken = true;
    },

    isOpen: () => open !== null && !open.session.over(),

    close() {
      open?.session.close();
      open = null;
    },
  };
}
