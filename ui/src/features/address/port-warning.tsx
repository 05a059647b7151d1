import { Box, Typography } from "@mui/material";
import { ELLIPSIS } from "../../common/styles.ts";

/**
 * Warns that a port is sensitive or that nothing listens on it. `oneLine` is for the row.
 */
export function PortWarning({ words, oneLine = false }: { words: string; oneLine?: boolean }) {
  return (
    <Typography
      variant={oneLine ? "caption" : "body1"}
      component="div"
      data-whole={words}
      sx={oneLine ? ELLIPSIS : {}}
    >
      <Box component="span" sx={{ color: "warning.main", fontWeight: 700, mr: 0.75 }} aria-hidden>
        ▲
      </Box>
      {words}
    </Typography>
  );
}
