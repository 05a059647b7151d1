import { type RefObject, useEffect } from "react";

const TABBABLE = "a[href], button, input, select, textarea, [tabindex='0']";

/** An element around the focused one, and the focused one's place among those that Tab reaches in it. */
interface Place {
  readonly around: Element;
  readonly index: number;
}

/**
 * Keeps the focus in the panel when the focused element is removed, such as a button that becomes a link: on what stands in its place
 * then, else on the screen. Otherwise the browser would focus the page, and the next Tab would start at the top.
 */
export function useFocusKeeper(panel: RefObject<HTMLElement>): void {
  useEffect(() => {
    const within = panel.current;
    if (within === null) return;
    let focused: Element | null = null;
    let places: readonly Place[] = [];
    const remember = ({ target }: FocusEvent) => {
      focused = target instanceof Element && within.contains(target) ? target : null;
      places = focused === null ? [] : placesOf(focused, within);
    };
    const look = () => {
      if (focused === null || focused.isConnected) return;
      focused = null;
      if (document.activeElement !== document.body) return;
      (heirOf(places) ?? within.querySelector("main"))?.focus({ preventScroll: true });
    };
    const observer = new MutationObserver(look);
    observer.observe(within, { childList: true, subtree: true });
    document.addEventListener("focusin", remember);
    return () => {
      observer.disconnect();
      document.removeEventListener("focusin", remember);
    };
  }, [panel]);
}

function placesOf(focused: Element, within: Element): Place[] {
  const places: Place[] = [];
  for (
    let around = focused.parentElement;
    around !== null && around !== within && around.tagName !== "MAIN";
    around = around.parentElement
  )
    places.push({ around, index: indexIn(around, focused) });
  return places;
}

function indexIn(around: Element, focused: Element): number {
  return tabbablesIn(around).findIndex((element) => element.isSameNode(focused));
}

/** The element that stands where the focused one was, in the nearest of its surroundings that is left. */
function heirOf(places: readonly Place[]): HTMLElement | null {
  for (const { around, index } of places) {
    const left = around.isConnected ? tabbablesIn(around) : [];
    const heir = left[Math.min(Math.max(0, index), left.length - 1)];
    if (heir !== undefined) return heir;
  }
  return null;
}

function tabbablesIn(around: Element): HTMLElement[] {
  return [...around.querySelectorAll<HTMLElement>(TABBABLE)].filter(
    (element) =>
      element.tabIndex >= 0 &&
      !element.matches(":disabled") &&
      element.closest("[hidden], [inert], [aria-hidden='true']") === null,
  );
}
