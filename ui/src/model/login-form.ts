import { AuthKey, ControlUrl, Hostname, type Login } from "@tailnet-share/contract/log-in";

/** The options under 'Log in', as typed. */
export interface LoginForm {
  readonly controlUrl: string;
  readonly hostname: string;
}

export function hostnameProblem(text: string): string | null {
  const parsed = Hostname.safeParse(text);
  return parsed.success ? null : `The name ${parsed.error.issues[0]?.message ?? "does not fit"}.`;
}

export function controlUrlProblem(text: string): string | null {
  if (ControlUrl.safeParse(text).success) return null;
  return "Enter a plain http or https address, such as https://headscale.example.com.";
}

/** Returns null also for an empty field, which is not an error yet. */
export function authKeyProblem(text: string): string | null {
  if (text === "") return null;
  const parsed = AuthKey.safeParse(text);
  if (parsed.success) return null;
  return text.length < 8
    ? "This is too short for an auth key."
    : "An auth key has no spaces and at most 512 characters.";
}

export function loginProblem({ controlUrl, hostname }: LoginForm): string | null {
  return controlUrlProblem(controlUrl) ?? hostnameProblem(hostname);
}

export function loginRequest({ controlUrl, hostname }: LoginForm, authKey?: string): Login {
  return { controlUrl, hostname, ...(authKey === undefined ? {} : { authKey }) };
}
