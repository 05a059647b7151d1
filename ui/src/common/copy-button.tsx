import Check from "@mui/icons-material/Check";
import ContentCopy from "@mui/icons-material/ContentCopy";
import { IconButton } from "@mui/material";
import { useEffect, useState } from "react";
import { useSession } from "../api/session.tsx";
import { useCopy } from "./use-copy.ts";

const SHOWN_MS = 1_500;

interface CopyButtonProps {
  readonly text: string;
  /** Completes 'Copy …': the thing to copy and its workload. */
  readonly name: string;
  /** Shown instead of a text that is too long to repeat. */
  readonly summary?: string;
}

export function CopyButton({ text, name, summary = text }: CopyButtonProps) {
  const { host } = useSession();
  const copyText = useCopy();
  const [copied, setCopied] = useState(false);
  useEffect(() => (copied ? host.clock.after(SHOWN_MS, () => setCopied(false)) : undefined), [copied, host]);

  async function copy() {
    if (await copyText(text, summary)) setCopied(true);
  }
  return (
    <IconButton
      size="small"
      aria-label={`Copy ${name}`}
      data-hint={`Copy ${name}`}
      onClick={() => void copy()}
    >
      {copied ? <Check color="success" sx={{ fontSize: 16 }} /> : <ContentCopy sx={{ fontSize: 16 }} />}
    </IconButton>
  );
}
