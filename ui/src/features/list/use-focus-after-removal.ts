import { type RefObject, useEffect } from "react";

/**
 * Moves the focus to `heir` when the focused element within `region` is removed, such as a notice whose cause is over. Otherwise the
 * browser would focus the page, and the next Tab would start at the top.
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
