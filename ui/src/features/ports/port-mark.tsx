import { Skeleton, Typography } from "@mui/material";
import type { PortLine } from "../../model/ports.ts";
import { type Looked, listeningWords } from "./listening.ts";

interface PortMarkProps {
  readonly line: PortLine;
  readonly looked: Looked;
  /** Lets other elements reference it as their description. */
  readonly id?: string;
}

/** Shows under a port's number whether something listens on it. Takes the same space while the scan runs. */
export function PortMark({ line, looked, id }: PortMarkProps) {
  const words = listeningWords(line);
  if (words === null && looked.state !== "asking") return null;
  return (
    <Typography
      id={id}
      variant="caption"
      component="div"
      color={words === "not listening" ? "text.primary" : "text.secondary"}
      sx={{ lineHeight: 1.3, fontWeight: words === "not listening" ? 600 : 400 }}
    >
      {words ?? <Skeleton width={60} />}
    </Typography>
  );
}
