import { Stack, type SxProps } from "@mui/material";
import { type ReactNode, useEffect, useRef, useState } from "react";

interface ScrollingRegionProps {
  /** The accessible name. */
  readonly name: string;
  readonly sx: SxProps;
  readonly children: ReactNode;
}

/** Scrolls when the content overflows, and only then is focusable for scrolling by keyboard. Otherwise it is no Tab stop. */
export function ScrollingRegion({ name, sx, children }: ScrollingRegionProps) {
  const box = useRef<HTMLDivElement>(null);
  const [scrolls, setScrolls] = useState(false);
  // Runs after every render, because overflow depends on the content as much as on the region's height.
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
