import OpenInNew from "@mui/icons-material/OpenInNew";
import { Button, Link } from "@mui/material";
import type { MouseEvent, ReactNode } from "react";
import { useSession } from "../api/session.tsx";

interface ExternalProps {
  readonly href: string;
  readonly name?: string;
  readonly children: ReactNode;
}

/** Renders a real link for its role and context menu. The host handles the click, because it owns the browser. */
export function ExternalLink({ href, name, children }: ExternalProps) {
  const open = useOpen(href);
  return (
    <Link href={href} aria-label={name} onClick={open} sx={{ overflowWrap: "anywhere" }}>
      {children}
    </Link>
  );
}

export function ExternalButton({ href, name, children }: ExternalProps) {
  const open = useOpen(href);
  return (
    <Button
      variant="contained"
      href={href}
      aria-label={name}
      onClick={open}
      endIcon={<OpenInNew sx={{ width: 16 }} />}
    >
      {children}
    </Button>
  );
}

/** A variant for rows, where space is tight. */
export function CompactExternalButton({ href, name, children }: ExternalProps) {
  const open = useOpen(href);
  return (
    <Button
      variant="outlined"
      size="small"
      href={href}
      aria-label={name}
      onClick={open}
      sx={{ flex: "none" }}
    >
      {children}
    </Button>
  );
}

function useOpen(href: string) {
  const open = useOpenExternal();
  return (event: MouseEvent) => {
    event.preventDefault();
    open(href);
  };
}

/** Opens an address in the user's browser, or explains how to when the host does not. */
export function useOpenExternal(): (href: string) => void {
  const { host, notices } = useSession();
  return (href) => {
    if (host.openExternal(href)) return;
    notices.error("Couldn't open your browser.", "", `Open this link: ${href}`);
  };
}
