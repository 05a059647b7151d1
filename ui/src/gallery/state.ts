import type { Fault } from "@tailnet-share/contract/errors";
import type { Snapshot } from "@tailnet-share/contract/snapshot";

/** One screen or state of the panel, always drawn alike. Plain data: the list of them also loads where there is no page. */
export interface GalleryState {
  /** In addresses and in the names of pictures. */
  readonly id: string;
  readonly title: string;
  /** Null: the backend cannot be reached. */
  readonly snapshot: Snapshot | null;
  /** What the backend answers to other calls than the snapshot's, such as `PUT /shares/…`. */
  readonly answers?: Readonly<Record<string, Answer>>;
  /** What the host cannot do. */
  readonly lacks?: Lack;
  /** What a person does to get there. */
  readonly steps?: readonly Step[];
}

/** `memory`: asking for what is remembered under this key throws, which no host does: it stands for a mistake in the panel. */
export type Lack =
  | { readonly what: "clipboard" }
  | { readonly what: "browser" }
  | { readonly what: "memory"; readonly key: string };

export type Answer =
  | { readonly kind: "body"; readonly body: unknown }
  | { readonly kind: "refusal"; readonly fault: Fault }
  | { readonly kind: "none" };

export type Step =
  | { readonly does: "click"; readonly role: Role; readonly name: string }
  /** Into the field with this label, in place of what it holds. */
  | { readonly does: "type"; readonly label: string; readonly text: string }
  /** Picks a file of this text in the file field with this label. */
  | { readonly does: "pick"; readonly label: string; readonly text: string }
  | { readonly does: "pass"; readonly ms: number }
  | { readonly does: "lose-backend" }
  /** Waits until something of this role and name is drawn. */
  | { readonly does: "see"; readonly role: Role; readonly name: string }
  /** The same, and brings it into view. */
  | { readonly does: "scroll-to"; readonly role: Role; readonly name: string };

export type Role = "button" | "checkbox" | "dialog" | "image" | "menuitem" | "radio" | "switch" | "text";

export const click = (role: Role, name: string): Step => ({ does: "click", role, name });
export const type = (label: string, text: string): Step => ({ does: "type", label, text });
export const pick = (label: string, text: string): Step => ({ does: "pick", label, text });
export const see = (role: Role, name: string): Step => ({ does: "see", role, name });
export const scrollTo = (role: Role, name: string): Step => ({ does: "scroll-to", role, name });
export const pass = (ms: number): Step => ({ does: "pass", ms });
export const LOSE_BACKEND: Step = { does: "lose-backend" };

export const body = (value: unknown): Answer => ({ kind: "body", body: value });
export const refusal = (fault: Fault): Answer => ({ kind: "refusal", fault });
export const NO_ANSWER: Answer = { kind: "none" };
