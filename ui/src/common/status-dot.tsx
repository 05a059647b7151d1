import { Box, Typography } from "@mui/material";
import type { Tone } from "../model/status.ts";
import { Spinner } from "./spinner.tsx";
import { TWO_LINES } from "./styles.ts";

const COLOURS: Record<Exclude<Tone, "busy">, string> = {
  good: "success.main",
  waiting: "warning.main",
  bad: "error.main",
  idle: "text.disabled",
};

/** Pairs a dot with words, because many people cannot rely on colour. */
export function StatusDot({ tone, words, strong = false }: { tone: Tone; words: string; strong?: boolean }) {
  return (
    <Box sx={{ display: "flex", alignItems: "center", gap: 1, minWidth: 0 }}>
      <Box sx={{ width: 12, display: "flex", justifyContent: "center", flex: "none" }}>
        {tone === "busy" ? <Spinner size={12} /> : <Dot tone={tone} />}
      </Box>
      <Typography
        component={strong ? "h1" : "span"}
        variant={strong ? "h6" : "body1"}
        color={tone === "idle" && !strong ? "text.secondary" : "text.primary"}
        data-whole={words}
        sx={TWO_LINES}
      >
        {words}
      </Typography>
    </Box>
  );
}

function Dot({ tone }: { tone: Exclude<Tone, "busy"> }) {
  // Draws an inactive row as an outline, so that shared rows stand out without colour too.
  const fill = tone === "idle" ? { border: 2, borderColor: COLOURS.idle } : { bgcolor: COLOURS[tone] };
  return <Box aria-hidden sx={{ width: 10, height: 10, borderRadius: "50%", ...fill }} />;
}
