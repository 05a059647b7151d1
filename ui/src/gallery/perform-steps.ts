import type { ManualClock } from "../testing/manual-clock.ts";
import type { Role, Step } from "./state.ts";

interface Stage {
  readonly clock: ManualClock;
  loseBackend(): void;
}

const LIMIT_MS = 10_000;
const LOOK_MS = 20;

const SELECTORS: Record<Role, string> = {
  button: "button, a[role=button], a.MuiButton-root",
  checkbox: "input[type=checkbox]:not([role])",
  dialog: "[role=dialog]",
  image: "[role=img]",
  menuitem: "[role^=menuitem]",
  radio: "input[type=radio]",
  switch: "[role=switch]",
  text: "p, span, strong, h2, h3, pre",
};

/** Performs a state's steps in the page. Rejects with the first step that finds no matching element. */
export async function performSteps(steps: readonly Step[], stage: Stage): Promise<void> {
  for (const step of steps) await take(step, stage);
  await until("drawn in what is open", () => everythingOpenIsDrawn() || undefined);
}

/** The details load on demand, or an error replaces them. */
function everythingOpenIsDrawn(): boolean {
  if (document.querySelector("[role=alert]") !== null) return true;
  const openers = [...document.querySelectorAll("[role=list] [aria-expanded=true][aria-controls]")];
  return openers.every((opener) => {
    const opened = document.getElementById(opener.getAttribute("aria-controls") ?? "");
    return (opened?.childElementCount ?? 0) > 0;
  });
}

async function take(step: Step, stage: Stage): Promise<void> {
  switch (step.does) {
    case "click":
      (await found(step.role, step.name)).click();
      return;
    case "see":
      await found(step.role, step.name);
      return;
    case "scroll-to":
      (await found(step.role, step.name)).scrollIntoView({ block: "start" });
      return;
    case "type":
      write(await until(`the field '${step.label}'`, () => fieldOf(step.label)), step.text);
      return;
    case "pick":
      put(await until(`the field '${step.label}'`, () => fieldOf(step.label)), step.text);
      return;
    case "pass":
      await until(`a wait of ${step.ms} ms`, () => stage.clock.due(step.ms) || undefined);
      stage.clock.advance(step.ms);
      return;
    case "lose-backend":
      stage.loseBackend();
  }
}

function found(role: Role, name: string): Promise<HTMLElement> {
  return until(`the ${role} '${name}'`, () =>
    [...document.querySelectorAll<HTMLElement>(SELECTORS[role])].find((element) => nameOf(element) === name),
  );
}

function nameOf(element: HTMLElement): string {
  const named = element.getAttribute("aria-label");
  if (named !== null) return named;
  const titled = element.getAttribute("aria-labelledby");
  if (titled !== null) return document.getElementById(titled)?.textContent ?? "";
  const label = element instanceof HTMLInputElement ? element.labels?.[0] : undefined;
  return (label ?? element).textContent?.trim() ?? "";
}

function fieldOf(label: string): HTMLInputElement | undefined {
  return [...document.querySelectorAll<HTMLInputElement>("input")].find((input) => nameOf(input) === label);
}

/** React compares an input event with the last value that it wrote, so bypass its own setter. */
function write(field: HTMLInputElement, text: string): void {
  field.focus();
  Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value")?.set?.call(field, text);
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

/** Simulates a pick in the system's file dialog. */
function put(field: HTMLInputElement, text: string): void {
  const files = new DataTransfer();
  files.items.add(new File([text], "backup.json", { type: "application/json" }));
  field.files = files.files;
  field.dispatchEvent(new Event("change", { bubbles: true }));
}

async function until<T>(what: string, look: () => T | undefined): Promise<T> {
  for (let waited = 0; waited < LIMIT_MS; waited += LOOK_MS) {
    const seen = look();
    if (seen !== undefined) return seen;
    await pause();
  }
  throw new Error(`nothing is ${what}`);
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, LOOK_MS));
}
