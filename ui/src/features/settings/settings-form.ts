import { NewMachineCredential } from "@tailnet-share/contract/machine";
import { PatchSettings } from "@tailnet-share/contract/settings";

/** A machine credential as typed. Lives in the dialog's state only, and no longer than the dialog. */
export interface CredentialForm {
  readonly kind: "oauth" | "auth-key";
  readonly clientId: string;
  readonly clientSecret: string;
  /** Separated by commas or spaces. */
  readonly tags: string;
  readonly authKey: string;
}

export const EMPTY_CREDENTIAL = { clientId: "", clientSecret: "", tags: "", authKey: "" };

type Field = keyof Omit<CredentialForm, "kind">;

const FIELDS: Record<CredentialForm["kind"], readonly Field[]> = {
  oauth: ["clientId", "clientSecret", "tags"],
  "auth-key": ["authKey"],
};

const WORDS: Record<Field, string> = {
  clientId: "A client ID has at least 4 letters, digits or dashes.",
  clientSecret: "A client secret has at least 8 characters and no spaces.",
  tags: "Each tag is 'tag:' with letters, digits or dashes, such as tag:web. At most 16.",
  authKey: "An auth key has at least 8 characters and no spaces.",
};

/** Reports invalid input per field. An empty field is not invalid yet. */
export function credentialProblems(form: CredentialForm): Partial<Record<Field, string>> {
  const parsed = NewMachineCredential.safeParse(draftOf(form));
  const wrong = new Set(parsed.error?.issues.map(({ path }) => path[0]));
  const typed = FIELDS[form.kind].filter((field) => form[field] !== "" && wrong.has(field));
  return Object.fromEntries(typed.map((field) => [field, WORDS[field]]));
}

/** Returns the credential to send; null while something is missing or invalid. */
export function credentialOf(form: CredentialForm): NewMachineCredential | null {
  return NewMachineCredential.safeParse(draftOf(form)).data ?? null;
}

function draftOf(form: CredentialForm) {
  return form.kind === "oauth"
    ? {
        kind: form.kind,
        clientId: form.clientId.trim(),
        clientSecret: form.clientSecret.trim(),
        tags: tagsOf(form.tags),
      }
    : { kind: form.kind, authKey: form.authKey.trim() };
}

/** Validates tags that replace those of the stored client. */
export function tagsProblem(text: string): string | null {
  return PatchSettings.shape.machineTags.safeParse(tagsOf(text)).success ? null : WORDS.tags;
}

export function tagsOf(text: string): string[] {
  return text.split(/[\s,]+/).filter(Boolean);
}

export function tagsText(tags: readonly string[]): string {
  return tags.join(", ");
}

export function versionProblem(text: string): string | null {
  if (PatchSettings.shape.machineTailscale.safeParse(text).success) return null;
  return "Enter stable, latest, unstable or a version such as v1.102.";
}
