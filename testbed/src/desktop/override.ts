import { BED_LABEL } from "../lib/bed-id.ts";
import type { Surroundings } from "../tailnet/login-server.ts";

export interface OverrideOptions {
  readonly bedId: string;
  /** Names of the services in the extension's compose file, the backend first. */
  readonly services: readonly string[];
  /** Names of the volumes that it declares. */
  readonly volumes: readonly string[];
  readonly image: string;
  /** Path of the engine's socket on the engine's machine. */
  readonly socketInEngine: string;
  readonly network: string;
  readonly guestServicesVolume: string;
  /** Settings that the backend needs to find the bed's control server. */
  readonly surroundings: Surroundings;
  /** Extra environment for the backend. */
  readonly env?: Readonly<Record<string, string>>;
  /** Interval of the engine's health checks in seconds, instead of the image's minute. */
  readonly healthSeconds?: number;
}

/**
 * Adds what Docker Desktop adds when it starts an extension's compose file, plus the test bed's needs: the engine's socket instead
 * of the virtual machine's, the folder for the backend's socket, the labels, and a network without a way out.
 */
export function composeOverride(options: OverrideOptions): Readonly<Record<string, unknown>> {
  const labels = { [BED_LABEL]: options.bedId };
  const extension = {
    ...labels,
    "com.docker.desktop.extension": "true",
    "com.docker.desktop.extension.name": options.image,
  };
  const [backend, ...others] = options.services;
  const services: Record<string, unknown> = Object.fromEntries(
    others.map((name) => [name, { labels: extension }]),
  );
  if (backend !== undefined) {
    services[backend] = {
      labels: extension,
      volumes: [
        `${options.socketInEngine}:/var/run/docker.sock`,
        `${options.guestServicesVolume}:/run/guest-services`,
      ],
      ...(options.healthSeconds === undefined ? {} : { healthcheck: often(options.healthSeconds) }),
      extra_hosts: options.surroundings.hosts,
      environment: {
        // The extension's own file allows port 443 only, which a control server on plain HTTP does not use.
        ...(options.surroundings.authority === null ? { TS_FORCE_NOISE_443: "" } : {}),
        ...options.surroundings.env,
        ...options.env,
      },
    };
  }
  return {
    services,
    networks: { default: { name: options.network, external: true } },
    volumes: {
      [options.guestServicesVolume]: { name: options.guestServicesVolume, external: true },
      ...Object.fromEntries(options.volumes.map((name) => [name, { labels }])),
    },
  };
}

/** Repeats the image's own check more often. */
function often(seconds: number): Readonly<Record<string, unknown>> {
  return { interval: `${seconds}s`, timeout: "15s", start_period: "0s", retries: 2 };
}
