import { AppError, assertNever } from "@tailnet-share/contract/errors";
import type { MachineCredential } from "@tailnet-share/contract/machine";
import { NewMachineCredential } from "@tailnet-share/contract/machine";
import { z } from "zod";
import { createMutex } from "../../lib/timing.ts";
import type { JsonStore } from "../../store/json-store.ts";
import type { TailscaleApi } from "./tailscale-api.ts";

/** The file that keeps the machines' credential. It holds secrets: mode 0600, and its content goes only to Tailscale. */
export const CredentialsFile = z.object({ version: z.literal(1), machine: NewMachineCredential });
export type CredentialsFile = z.infer<typeof CredentialsFile>;

export type OAuthCredential = Extract<NewMachineCredential, { kind: "oauth" }>;

/** The credential that machines log in with. Rejects with `TailscaleApi`'s errors. */
export interface MachineCredentials {
  /** The part of it that may be shown. */
  view(): MachineCredential;
  /**
   * Tries an OAuth client out, then stores it. Rejects with `AppError("CREDENTIAL_REFUSED")` for a secret of the wrong kind and with
   * `AppError("STORE_UNWRITABLE")`; the previous credential then stays in use.
   */
  set(next: NewMachineCredential): Promise<void>;
  /**
   * Tries the stored OAuth client out with other tags, then stores them. Rejects as `set` does, and with `AppError("BAD_REQUEST")` if none
   * is stored.
   */
  setTags(tags: readonly string[]): Promise<void>;
  /** A fresh key for one machine, or the reusable one; null without a credential. */
  authKey(machineName: string): Promise<string | null>;
  /** Returns false if no credential allows it, or its tailnet has no such device. */
  deleteDevice(deviceId: string): Promise<boolean>;
  /** Names in use in the tailnet; null if they can't be determined now. */
  deviceNames(): Promise<string[] | null>;
  /** The secrets to redact from logs. */
  secrets(): readonly string[];
}

export interface MachineCredentialsOptions {
  readonly store: JsonStore<CredentialsFile>;
  readonly apiFor: (oauth: OAuthCredential) => TailscaleApi;
}

export function createMachineCredentials({ store, apiFor }: MachineCredentialsOptions): MachineCredentials {
  const stored = (): NewMachineCredential => store.get().machine;
  // Keeps the client, and so its token, for as long as its credential.
  let api = apiOf(stored());
  /** Changes one at a time: otherwise a slow try-out could overwrite a later choice. */
  const mutex = createMutex();

  function apiOf(credential: NewMachineCredential): TailscaleApi | null {
    return credential.kind === "oauth" ? apiFor(credential) : null;
  }

  async function replace(next: NewMachineCredential): Promise<void> {
    refuseWrongKind(next);
    const nextApi = apiOf(next);
    await nextApi?.tryOut();
    await store.update(() => ({ version: 1, machine: next }));
    api = nextApi;
  }

  return {
    view: () => viewOf(stored()),
    set: async (next) => await mutex(async () => await replace(next)),
    async setTags(tags) {
      await mutex(async () => {
        const present = stored();
        if (present.kind !== "oauth") throw tagsNeedOAuth();
        await replace({ ...present, tags: [...tags] });
      });
    },
    async authKey(machineName) {
      const credential = stored();
      if (api !== null) return await api.createAuthKey(`Tailnet Share ${machineName}`);
      return credential.kind === "auth-key" ? credential.authKey : null;
    },
    async deleteDevice(deviceId) {
      if (api === null) return false;
      try {
        return await api.deleteDevice(deviceId);
      } catch (error) {
        if (error instanceof AppError && error.code === "CREDENTIAL_REFUSED") return false;
        throw error;
      }
    },
    async deviceNames() {
      if (api === null) return null;
      try {
        return await api.deviceNames();
      } catch (error) {
        // Refused, limited or unreachable: the caller then chooses a name by the other sources.
        if (error instanceof AppError) return null;
        throw error;
      }
    },
    secrets: () => secretsOf(stored()),
  };
}

function viewOf(credential: NewMachineCredential): MachineCredential {
  switch (credential.kind) {
    case "none":
      return { kind: "none" };
    case "oauth": {
      const { clientId, clientSecret, tags } = credential;
      return { kind: "oauth", clientId, tags, ending: endingOf(clientSecret) };
    }
    case "auth-key":
      return { kind: "auth-key", ending: endingOf(credential.authKey) };
    default:
      return assertNever(credential);
  }
}

function secretsOf(credential: NewMachineCredential): readonly string[] {
  switch (credential.kind) {
    case "none":
      return [];
    case "oauth":
      return [credential.clientSecret];
    case "auth-key":
      return [credential.authKey];
    default:
      return assertNever(credential);
  }
}

/** The last four characters; empty for a secret so short that they would reveal much of it. */
function endingOf(secret: string): string {
  return secret.length < 16 ? "" : secret.slice(-4);
}

/** Prefixes of Tailscale's kinds of secret: https://tailscale.com/docs/reference/key-prefixes. */
function refuseWrongKind(next: NewMachineCredential): void {
  if (next.kind === "auth-key" && next.authKey.startsWith("tskey-client-"))
    throw wrongKind(
      "This is an OAuth client's secret, not an auth key.",
      "Choose OAuth client, and enter it there with the client's ID and tags.",
    );
  if (next.kind === "auth-key" && /^(tskey|hskey)-api-/.test(next.authKey))
    throw wrongKind(
      "This is an API access token, not an auth key: no device can log in with it.",
      "Make a reusable auth key at https://login.tailscale.com/admin/settings/keys, or better use an OAuth client.",
    );
  if (next.kind === "oauth" && /^tskey-(auth|api)-/.test(next.clientSecret))
    throw wrongKind(
      "This is not an OAuth client's secret: those begin with tskey-client-.",
      "Make an OAuth client at https://login.tailscale.com/admin/settings/trust-credentials; for an auth key choose auth key.",
    );
}

function wrongKind(message: string, hint: string): AppError {
  return new AppError("CREDENTIAL_REFUSED", message, hint);
}

/** An auth key's tags were fixed when it was made, and a login by link has none. */
export function tagsNeedOAuth(): AppError {
  return new AppError(
    "BAD_REQUEST",
    "Only an OAuth client can give machines their tags, and none is stored.",
    "Enter an OAuth client with its tags, or make an auth key that has the tags you want.",
  );
}
