import { type RefObject, useEffect } from "react";

/**
 * Gives the focus to `heir` when what has it within `region` goes away by itself, as a notice does whose cause is over; the browser would
 * give it to the page, and the next Tab would begin at the top.
 */
export function useFocusAfterRemoval(region: RefObject<HTMLElement>, heir: RefObject<HTMLElement>): void {
  useEffect(() => {
    const within = region.current;
    if (within === null) return;
    let last: Element | null = null;
    const remember = ({ target }: FocusEvent) => {
      last = target instanceof Element && within.contains(target) ? target : null;
    };
    const look = () => {
      if (last === null || last.isConnected) return;
      last = null;
      if (document.activeElement === document.body) heir.current?.focus({ preventScroll: true });
    };
    const observer = new MutationObserver(look);
    observer.observe(within, { childList: true, subtree: true });
    document.addEventListener("focusin", remember);
    return () => {
      observer.disconnect();
      document.removeEventListener("focusin", remember);
    };
  }, [region, heir]);
}
