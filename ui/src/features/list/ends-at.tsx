import { Typography } from "@mui/material";
import { TWO_LINES } from "../../common/layout.ts";
import { useEndWords } from "../details/use-end-words.ts";

/** Under a row's status; nothing for a share that goes on. */
export function EndsAt({ until }: { until: string }) {
  const words = useEndWords(until);
  if (words === null) return null;
  return (
    <Typography
      variant="caption"
      color="text.secondary"
      component="div"
      title={words}
      // Below the words, not below the dot.
      sx={{ ...TWO_LINES, pl: 2.5, lineHeight: 1.3 }}
    >
      {words}
    </Typography>
  );
}
