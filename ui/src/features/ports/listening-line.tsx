import { Box, Skeleton, Typography } from "@mui/material";
import { ActionButton } from "../../common/action-button.tsx";
import { VISUALLY_HIDDEN } from "../../common/styles.ts";
import type { PortLine } from "../../model/ports.ts";
import { type Looked, lookedWords } from "./listening.ts";

interface ListeningLineProps {
  readonly looked: Looked;
  readonly lines: readonly PortLine[];
  readonly name: string;
  readonly onAgain: () => void;
}

/** Shows the result of the listener scan under the ports. Keeps the same height whatever it says. */
export function ListeningLine({ looked, lines, name, onAgain }: ListeningLineProps) {
  const words = lookedWords(looked, lines);
  return (
    <Box sx={{ display: "flex", alignItems: "center", columnGap: 1, minHeight: 36 }}>
      <Box role="status" sx={{ minWidth: 0 }}>
        {words === null ? (
          <>
            <Skeleton width={220} />
            <Box component="span" sx={VISUALLY_HIDDEN}>
              Scanning for open ports…
            </Box>
          </>
        ) : (
          <Typography color="text.secondary" sx={{ overflowWrap: "anywhere" }}>
            {words}
          </Typography>
        )}
      </Box>
      {(looked.state === "found" || looked.state === "unknown" || words === "Scanning…") && (
        <ActionButton
          size="small"
          aria-label={`Rescan ${name}`}
          off={looked.state === "asking"}
          sx={{ flex: "none" }}
          onClick={onAgain}
        >
          Rescan
        </ActionButton>
      )}
    </Box>
  );
}
