import { Tooltip } from "@mui/material";
import { useEffect, useId } from "react";
import type { HintTarget } from "./hints.tsx";

interface HintProps {
  readonly target: HintTarget;
  /** Called when the anchor has left the page: no event says that the pointer or the focus did. */
  readonly onGone: () => void;
}

/** Not a part of what the page can scroll: a hint at its edge would make it wider when text is enlarged. */
const POPPER = { strategy: "fixed" } as const;

/** Loaded on demand, with MUI's positioning. */
export default function Hint({ target, onGone }: HintProps) {
  const { anchor, words, described } = target;
  const id = useId();

  useEffect(() => {
    const gone = new MutationObserver(() => {
      if (!anchor.isConnected) onGone();
    });
    gone.observe(anchor.ownerDocument.body, { childList: true, subtree: true });
    return () => gone.disconnect();
  }, [anchor, onGone]);

  useEffect(() => {
    if (described === null || saysAlready(described, words)) return undefined;
    described.setAttribute("aria-describedby", id);
    return () => described.removeAttribute("aria-describedby");
  }, [described, words, id]);

  return (
    <Tooltip open title={words} id={id} slotProps={{ popper: { anchorEl: anchor, popperOptions: POPPER } }}>
      <span hidden />
    </Tooltip>
  );
}

function saysAlready(element: Element, words: string): boolean {
  if (element.hasAttribute("aria-describedby")) return true;
  return [element.getAttribute("aria-label"), element.getAttribute("aria-description")].includes(words);
}
