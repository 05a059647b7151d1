import { CircularProgress } from "@mui/material";

/** Always appears beside text that says what is pending, so it has no accessible name. */
export function Spinner({ size = 18 }: { size?: number }) {
  return <CircularProgress size={size} thickness={5} aria-hidden />;
}
