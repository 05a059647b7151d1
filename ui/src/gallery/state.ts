import type { Fault } from "@tailnet-share/contract/errors";
import type { You } from "@tailnet-share/contract/session";
import type { Snapshot } from "@tailnet-share/contract/snapshot";

/** One screen or state of the panel, always rendered alike. Plain data, so that the list also loads outside a browser. */
export interface GalleryState {
  /** Used in addresses and in picture names. */
  readonly id: string;
  readonly title: string;
  /** The backend's snapshot; null while the backend is unreachable. */
  readonly snapshot: Snapshot | null;
  /** The backend's answers to calls other than the snapshot, such as `PUT /shares/…`. */
  readonly answers?: Readonly<Record<string, Answer>>;
  /** In a browser instead of Docker Desktop: its user, or null before somebody signs in. */
  readonly you?: You | null;
  /** The capability that the host lacks. */
  readonly lacks?: Lack;
  /** The user's steps to reach the state. */
  readonly steps?: readonly Step[];
}

/** `memory`: recalling this key throws, which no real host does. It simulates a bug in the panel. */
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
  /** Replaces the text of the field with this label. */
  | { readonly does: "type"; readonly label: string; readonly text: string }
  /** Picks a file with this text in the file field with this label. */
  | { readonly does: "pick"; readonly label: string; readonly text: string }
  | { readonly does: "pass"; readonly ms: number }
  | { readonly does: "lose-backend" }
  /** Waits until an element with this role and name appears. */
  | { readonly does: "see"; readonly role: Role; readonly name: string }
  /** Waits for the element, then scrolls it into view. */
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
