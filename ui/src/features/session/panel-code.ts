import { SignIn } from "@tailnet-share/contract/session";

/** The code in a one-time link, in its fragment, or typed alone. Null when there is none. */
export function codeOf(text: string): string | null {
  const code = text.slice(text.lastIndexOf("#") + 1).trim();
  return /^[\w-]+$/.test(code) && SignIn.safeParse({ code }).success ? code : null;
}
