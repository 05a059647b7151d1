/** The platform's undo keys. */
export const UNDO_KEYS = isMac()
  ? { words: "Command+Z", aria: "Meta+Z" }
  : { words: "Ctrl+Z", aria: "Control+Z" };

type Keys = Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "shiftKey" | "altKey" | "target">;

/** Excludes text fields, where the same keys undo typing. */
export function isUndoKey({ key, ctrlKey, metaKey, shiftKey, altKey, target }: Keys): boolean {
  if (key.toLowerCase() !== "z" || shiftKey || altKey) return false;
  return (isMac() ? metaKey && !ctrlKey : ctrlKey && !metaKey) && !takesText(target);
}

function takesText(target: EventTarget | null): boolean {
  if (target instanceof HTMLInputElement) return !["checkbox", "radio"].includes(target.type);
  return target instanceof HTMLTextAreaElement;
}

function isMac(): boolean {
  return /Mac/.test(navigator.userAgent);
}
