import { open } from "node:fs/promises";
import { AuthKey } from "@tailnet-share/contract/log-in";
import { given, NOT_SET, type Read, unusable } from "./environment.ts";

/** More than any key. Bytes. */
const MOST_BYTES = 4_096;
const NEW_KEY =
  "Make an auth key in the admin console, or with 'headscale preauthkeys create', and put it there.";

/** A key, or why there is none; and the secrets that were found on the way, usable or not. */
export type KeyRead = Read<string> & { readonly secrets: readonly string[] };

/**
 * Reads the auth key from the environment or from the file that it names. containerboot refuses two variables that contradict each other,
 * so this does. Never rejects.
 */
export async function readAuthKey(environment: NodeJS.ProcessEnv): Promise<KeyRead> {
  const file = given(environment, "TS_AUTHKEY_FILE");
  const [variable, text] =
    (["TS_AUTHKEY", "TS_AUTH_KEY"] as const)
      .map((name) => [name, given(environment, name)] as const)
      .find(([, value]) => value !== undefined) ?? [];
  if (file !== undefined && variable !== undefined && text !== undefined) {
    const fault = unusable(
      "TS_AUTHKEY_FILE",
      `and ${variable} are both set, and it is unclear which key is meant.`,
      "Remove one of them.",
    );
    return { ...fault, secrets: secretsOf(text) };
  }
  if (file !== undefined) return await keyInFile("TS_AUTHKEY_FILE", file);
  if (variable === undefined || text === undefined) return { ...NOT_SET, secrets: [] };
  if (text.startsWith("file:")) return await keyInFile(variable, text.slice("file:".length));
  return keyIn(variable, text);
}

async function keyInFile(variable: string, path: string): Promise<KeyRead> {
  try {
    const text = await shortText(path);
    if (text === "") return { ...unusable(variable, "names a file that is empty.", NEW_KEY), secrets: [] };
    return keyIn(variable, text);
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    return { ...unusable(variable, ...reasonFor(code)), secrets: [] };
  }
}

/** Rejects with the system's error, and with `EFBIG` for what can't be a key's file. Follows links: some engines mount secrets as links. */
async function shortText(path: string): Promise<string> {
  const file = await open(path, "r");
  try {
    const found = await file.stat();
    if (found.isDirectory()) throw Object.assign(new Error("a folder"), { code: "EISDIR" });
    if (!found.isFile() || found.size > MOST_BYTES)
      throw Object.assign(new Error("no key"), { code: "EFBIG" });
    return (await file.readFile("utf8")).trim();
  } finally {
    await file.close();
  }
}

/** Returns what to say of a file that the system refused to read, by its error's code. Pure. */
export function reasonFor(code: string): [problem: string, hint: string] {
  switch (code) {
    case "ENOENT":
    case "ENOTDIR":
      return ["names a file that is not there.", "Mount the secret at that path."];
    case "EISDIR":
      // The engine makes a folder for a bind mount whose source is missing.
      return ["names a folder, not a file.", "Check the path of the file on the engine's host."];
    case "EACCES":
    case "EPERM":
      // `cap_drop: [ALL]` takes away root's right to read everybody's files.
      return [
        "names a file that the backend may not read.",
        "Let root own the file, or let everybody read it: the backend has no special rights to files.",
      ];
    case "EFBIG":
      return ["names a file that holds more than a key.", NEW_KEY];
    default:
      return [
        `names a file that can't be read (${code || "unknown error"}).`,
        "Check how the file is mounted.",
      ];
  }
}

function keyIn(variable: string, text: string): KeyRead {
  const secrets = secretsOf(text);
  // tailscale's command exchanges such a secret for a key; its daemon does not.
  if (text.startsWith("tskey-client-"))
    return { ...unusable(variable, "holds an OAuth client's secret, not an auth key.", NEW_KEY), secrets };
  if (!AuthKey.safeParse(text).success)
    return { ...unusable(variable, "holds no auth key: a key is one word.", NEW_KEY), secrets };
  return { value: text, fault: null, secrets };
}

/** Each word, because a file may hold several lines. Redacting short words would hide ordinary ones. */
function secretsOf(text: string): string[] {
  return [...new Set([text, ...text.split(/\s+/)])].filter((secret) => secret.length >= 6);
}
