import { Typography } from "@mui/material";
import { TWO_LINES } from "../../common/styles.ts";
import { useEndWords } from "../details/use-end-words.ts";

/** Appears under a row's status when the share has an end. */
export function EndsAt({ until }: { until: string }) {
  const words = useEndWords(until);
  if (words === null) return null;
  return (
    <Typography
      variant="caption"
      color="text.secondary"
      component="div"
      data-whole={words}
      // Aligns with the words, not with the dot.
      sx={{ ...TWO_LINES, pl: 2.5, lineHeight: 1.25 }}
    >
      {words}
    </Typography>
  );
}
