import Check from "@mui/icons-material/Check";
import ContentCopy from "@mui/icons-material/ContentCopy";
import { IconButton } from "@mui/material";
import { useEffect, useState } from "react";
import { useSession } from "../api/session.tsx";

const SHOWN_MS = 1_500;

/** `name` ends 'Copy …': what is copied, and of which workload. */
export function CopyButton({ text, name }: { text: string; name: string }) {
  const { host, notices } = useSession();
  const [copied, setCopied] = useState(false);
  useEffect(() => (copied ? host.clock.after(SHOWN_MS, () => setCopied(false)) : undefined), [copied, host]);

  async function copy() {
    if (await host.copy(text)) {
      setCopied(true);
      notices.info(`Copied ${text}`);
    } else {
      notices.error(
        "This could not be copied.",
        "The clipboard is out of reach.",
        `Copy it by hand: ${text}`,
      );
    }
  }
  return (
    <IconButton size="small" aria-label={`Copy ${name}`} title={`Copy ${name}`} onClick={() => void copy()}>
      {copied ? <Check color="success" sx={{ fontSize: 16 }} /> : <ContentCopy sx={{ fontSize: 16 }} />}
    </IconButton>
  );
}
