import type { Fault } from "@tailnet-share/contract/errors";
import { ControlUrl, Hostname } from "@tailnet-share/contract/log-in";
import { readAuthKey } from "./auth-key.ts";
import { FALSE, given, NOT_SET, type Read, readFlag, TRUE, unusable } from "./environment.ts";
import { argumentsFault } from "./extra-arguments.ts";
import { VARIABLES } from "./variables.ts";

/** The login and settings that the environment asks for at a start. With any fault it asks for no login and no setting, so that no half of it is done. */
export interface StartWish {
  readonly authKey: string | null;
  readonly controlUrl: string | null;
  readonly hostname: string | null;
  readonly userspace: boolean;
  readonly panelOnTailnet: boolean | null;
  /** One for each variable that can't be used. They quote no value. */
  readonly faults: readonly Fault[];
  /** Variables that are set and have no effect. `because`: a sentence without its period. */
  readonly ignored: readonly { readonly variable: string; readonly because: string }[];
  /** Keys to redact from all texts, also those that can't be used. */
  readonly secrets: readonly string[];
}

/** `stateFolder`: where everything is stored. Never rejects. */
export async function readStartWish(environment: NodeJS.ProcessEnv, stateFolder: string): Promise<StartWish> {
  const key = await readAuthKey(environment);
  const controlUrl = readControlUrl(environment);
  const hostname = readHostname(environment);
  const userspace = readFlag(environment, "TS_USERSPACE");
  const panelOnTailnet = readFlag(environment, "TAILNET_SHARE_PANEL_ON_TAILNET");
  const faults = [
    ...[key, controlUrl, hostname, userspace, panelOnTailnet].flatMap(({ fault }) => fault ?? []),
    ...refusals(environment),
    ...stateFaults(environment, stateFolder),
  ];
  const usable = <T>({ value }: Read<T>): T | null => (faults.length === 0 ? value : null);
  return {
    authKey: usable(key),
    controlUrl: usable(controlUrl),
    hostname: usable(hostname),
    userspace: userspace.value ?? false,
    panelOnTailnet: usable(panelOnTailnet),
    faults,
    ignored: [...ignoredIn(environment), ...withoutPanel(environment, panelOnTailnet)],
    secrets: key.secrets,
  };
}

function readHostname(environment: NodeJS.ProcessEnv): Read<string> {
  const value = given(environment, "TS_HOSTNAME")?.toLowerCase();
  if (value === undefined) return NOT_SET;
  if (Hostname.safeParse(value).success) return { value, fault: null };
  return unusable(
    "TS_HOSTNAME",
    "is no name that a device can have.",
    "Use 1 to 63 letters, digits or dashes, with a letter or digit at both ends.",
  );
}

function readControlUrl(environment: NodeJS.ProcessEnv): Read<string> {
  const value = given(environment, "TS_CONTROL_URL");
  if (value === undefined) return NOT_SET;
  if (ControlUrl.safeParse(value).success) return { value, fault: null };
  return unusable(
    "TS_CONTROL_URL",
    "is no plain http or https address.",
    "Set the control server's address, such as https://headscale.example.com.",
  );
}

function refusals(environment: NodeJS.ProcessEnv): Fault[] {
  return Object.entries(VARIABLES).flatMap(([name, use]) => {
    const value = given(environment, name);
    if (use.kind !== "refused" || value === undefined) return [];
    if (name === "TS_EXTRA_ARGS") return argumentsFault(value) ?? [];
    return unusable(name, `is not read. ${use.because}.`, `${use.instead}.`).fault;
  });
}

/** The image has no folders but its own, so another one is there only if somebody mounted it; see `config`. */
function stateFaults(environment: NodeJS.ProcessEnv, stateFolder: string): Fault[] {
  const wanted = given(environment, "TS_STATE_DIR");
  const isOverridden = environment.TAILNET_SHARE_STATE !== undefined;
  if (wanted === undefined || wanted === stateFolder || isOverridden) return [];
  return [
    unusable(
      "TS_STATE_DIR",
      "names a folder that is not mounted.",
      `Mount a volume there, or remove the variable: everything is stored in ${stateFolder}.`,
    ).fault,
  ];
}

function ignoredIn(environment: NodeJS.ProcessEnv): StartWish["ignored"] {
  return Object.entries(VARIABLES).flatMap(([variable, use]) => {
    const value = given(environment, variable);
    if (use.kind !== "ignored" || value === undefined) return [];
    return use.harmless.some((harmless) => isSame(harmless, value))
      ? []
      : [{ variable, because: use.because }];
  });
}

/** Without a panel for browsers, there is none that the tailnet could open. */
function withoutPanel(environment: NodeJS.ProcessEnv, { value }: Read<boolean>): StartWish["ignored"] {
  if (value !== true || given(environment, "TAILNET_SHARE_PANEL") === "on") return [];
  return [
    {
      variable: "TAILNET_SHARE_PANEL_ON_TAILNET",
      because: "There is no panel for browsers without TAILNET_SHARE_PANEL=on",
    },
  ];
}

function isSame(harmless: string, value: string): boolean {
  if (harmless === "true") return TRUE.test(value);
  return harmless === "false" ? FALSE.test(value) : harmless === value;
}
