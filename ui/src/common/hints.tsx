import { Box } from "@mui/material";
import { type FocusEvent, type PointerEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { useSession } from "../api/session.tsx";
import { LazyPart } from "./lazy-part.tsx";
import { lazyPart } from "./load-part.ts";

const Hint = lazyPart(() => import("./hint.tsx"));

/** As long as a browser waits with a `title`. */
const ENTER_MS = 500;
/** Time to move the pointer onto the hint, or onto the next element that has one. */
const LEAVE_MS = 100;

export interface HintTarget {
  /** Where the hint is shown. */
  readonly anchor: Element;
  readonly words: string;
  /** The focused element, which the hint describes to a screen reader; null when the pointer opened it. */
  readonly described: Element | null;
}

/**
 * Shows a tooltip for every element inside that has one of these attributes, on hover and on focus by keyboard:
 * - `data-hint`: an explanation.
 * - `data-whole`: the element's own text. Shown only while it is cut.
 *
 * One MUI Tooltip for all, loaded with the first hint: a Tooltip around each part of each row would make a search through a
 * thousand containers slow.
 */
export function Hints({ children }: { children: ReactNode }) {
  const { host } = useSession();
  const [shown, setShown] = useState<HintTarget | null>(null);
  const cancel = useRef(() => {});
  const pressed = useRef(false);
  useEffect(() => () => cancel.current(), []);

  function show(target: HintTarget | null, afterMs = 0) {
    cancel.current();
    cancel.current = () => {};
    if (afterMs === 0) setShown(target);
    else cancel.current = host.clock.after(afterMs, () => setShown(target));
  }
  function point({ target, pointerType }: PointerEvent) {
    if (pointerType === "touch" || !isElement(target)) return;
    if (target.closest("[role=tooltip]")) return cancel.current();
    const next = targetOf(target, null);
    if (next === null || shown !== null) show(next, LEAVE_MS);
    else show(next, ENTER_MS);
  }
  function focus({ target }: FocusEvent) {
    // A browser calls a text field's focus visible after a click as well.
    if (isElement(target) && target.matches(":focus-visible") && !pressed.current)
      show(targetOf(target, target));
  }
  function press(down: boolean) {
    pressed.current = down;
    show(null);
  }
  return (
    <Box
      sx={{ display: "contents" }}
      onPointerOver={point}
      onPointerOut={({ relatedTarget }) => relatedTarget === null && show(null, LEAVE_MS)}
      onPointerDownCapture={() => press(true)}
      onPointerUpCapture={() => press(false)}
      onKeyDownCapture={() => press(false)}
      onScrollCapture={() => show(null)}
      onFocus={focus}
      onBlur={() => show(null)}
    >
      {children}
      {shown && (
        <LazyPart>
          <Hint target={shown} onGone={() => show(null)} />
        </LazyPart>
      )}
    </Box>
  );
}

function isElement(target: EventTarget): target is Element {
  return "closest" in target;
}

function targetOf(from: Element, described: Element | null): HintTarget | null {
  const element = from.closest<HTMLElement>("[data-hint], [data-whole]");
  if (element === null) return null;
  const { hint, whole } = element.dataset;
  const words = hint ?? (isCut(element) ? whole : undefined);
  if (!words) return null;
  // A fieldset or a wrapper without a box of its own has no place.
  return { anchor: element.getClientRects().length > 0 ? element : from, words, described };
}

function isCut({ scrollWidth, clientWidth, scrollHeight, clientHeight }: Element): boolean {
  return scrollWidth > clientWidth || scrollHeight > clientHeight;
}
