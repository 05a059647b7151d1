import { Stack, type SxProps } from "@mui/material";
import { type ReactNode, type RefObject, useEffect, useRef, useState } from "react";

interface ScrollingRegionProps {
  /** What a screen reader calls it. */
  readonly name: string;
  readonly sx: SxProps;
  /** For whoever has to know what is in it. */
  readonly box?: RefObject<HTMLDivElement>;
  readonly children: ReactNode;
}

/** Scrolls when it has to, and can then be scrolled by keyboard: otherwise it is no stop for the Tab key. */
export function ScrollingRegion({ name, sx, box: given, children }: ScrollingRegionProps) {
  const own = useRef<HTMLDivElement>(null);
  const box = given ?? own;
  const [scrolls, setScrolls] = useState(false);
  // After every drawing: what is in it decides as much as its own height does.
  useEffect(() => {
    const look = () =>
      setScrolls(box.current !== null && box.current.scrollHeight > box.current.clientHeight);
    look();
    window.addEventListener("resize", look);
    return () => window.removeEventListener("resize", look);
  });
  return (
    <Stack
      ref={box}
      spacing={1}
      sx={[{ overflow: "auto" }, ...(Array.isArray(sx) ? sx : [sx])]}
      {...(scrolls ? { tabIndex: 0, role: "region", "aria-label": name } : {})}
    >
      {children}
    </Stack>
  );
}
