import { Alert, Button, Typography } from "@mui/material";
import { Centred } from "../common/centred.tsx";

/** Reports a bug in the panel. Shares do not depend on the panel. */
export function BrokenScreen({ again }: { again: () => void }) {
  return (
    <Centred>
      <Typography variant="h5" component="h1">
        Something went wrong in the panel
      </Typography>
      <Alert severity="error" role="alert">
        Your shares aren't affected. Try again, or close this tab and open it again.
      </Alert>
      <Button variant="contained" sx={{ alignSelf: "start" }} onClick={again}>
        Try again
      </Button>
    </Centred>
  );
}
