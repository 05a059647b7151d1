import { CircularProgress } from "@mui/material";

/** Always beside words that say what is waited for, so it has no name of its own. */
export function Spinner({ size = 18 }: { size?: number }) {
  return <CircularProgress size={size} thickness={5} aria-hidden />;
}
