import type { LocalApiTransport } from "./transport.ts";
import { FeatureAnswer, ServeConfig } from "./types.ts";

/**
 * A certificate authority checks a DNS record that the control server has to publish first. When the authority refuses because of its
 * rate limit, tailscaled retries until the request ends, and only then returns the refusal. Source: `tempfork/acme/http.go`.
 */
const CERTIFICATE_MS = 60_000;
const CERTIFICATE_TIMEOUT_MS = CERTIFICATE_MS + 10_000;

/** The LocalAPI's calls for what tailscaled serves itself: HTTPS and Funnel. */
export interface ServeCalls {
  serveConfig(signal?: AbortSignal): Promise<{ config: ServeConfig; etag: string }>;
  /** Rejects with `AppError("TAILSCALED_REFUSED")` when the config changed since `etag`. */
  setServeConfig(config: ServeConfig, etag: string, signal?: AbortSignal): Promise<void>;
  /** Returns whether the tailnet has a feature enabled, and otherwise where to enable it. Asks the control server. */
  queryFeature(feature: "serve" | "funnel"): Promise<FeatureAnswer>;
  /** Gets or renews the certificate for a name of this device; the first time takes up to a minute. */
  certificate(domain: string, signal?: AbortSignal): Promise<void>;
}

export function serveCalls({ call }: LocalApiTransport): ServeCalls {
  return {
    async serveConfig(signal) {
      const answer = await call({ method: "GET", path: "serve-config", ...(signal ? { signal } : {}) });
      const etag = answer.headers.etag;
      return {
        config: ServeConfig.nullable().parse(JSON.parse(answer.body)) ?? {},
        etag: typeof etag === "string" ? etag : "",
      };
    },
    async setServeConfig(config, etag, signal) {
      await call({
        method: "POST",
        path: "serve-config",
        json: config,
        headers: { "if-match": etag },
        ...(signal ? { signal } : {}),
      });
    },
    async queryFeature(feature) {
      const answer = await call({ method: "POST", path: `query-feature?feature=${feature}` });
      return FeatureAnswer.parse(JSON.parse(answer.body));
    },
    async certificate(domain, signal) {
      await call({
        method: "GET",
        path: `cert/${encodeURIComponent(domain)}?type=crt`,
        timeoutMs: CERTIFICATE_TIMEOUT_MS,
        patienceMs: CERTIFICATE_MS,
        ...(signal ? { signal } : {}),
      });
    },
  };
}
