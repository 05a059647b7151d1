import { Box, Typography } from "@mui/material";
import { ELLIPSIS } from "../../common/layout.ts";

/** What a sensitive port gives away, or that nothing listens on it. `oneLine` for the row, where the whole sentence stands in the tooltip and the details. */
export function PortWarning({ words, oneLine = false }: { words: string; oneLine?: boolean }) {
  return (
    <Typography
      variant={oneLine ? "caption" : "body2"}
      component="div"
      title={words}
      sx={oneLine ? ELLIPSIS : {}}
    >
      <Box component="span" sx={{ color: "warning.main", fontWeight: 700, mr: 0.75 }} aria-hidden>
        ▲
      </Box>
      {words}
    </Typography>
  );
}
