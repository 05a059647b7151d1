import { Alert, Button, Stack } from "@mui/material";
import { useState } from "react";
import { useSession } from "../../api/session.tsx";
import { useLate } from "../../common/use-late.ts";
import { StartDetails } from "./start-details.tsx";

/** Appears when a wait takes too long. */
export function SlowStartHelp({ waitsFor }: { waitsFor: string }) {
  const { feed } = useSession();
  // A retry restarts the ten seconds and hides this help meanwhile.
  const [tries, setTries] = useState(0);
  const late = useLate(`${waitsFor} ${tries}`);
  if (!late) return null;
  return (
    <Stack spacing={1} sx={{ mb: 2 }}>
      <Alert
        severity="info"
        role="status"
        action={
          <Button
            color="inherit"
            size="small"
            onClick={() => {
              feed.retry();
              setTries(tries + 1);
            }}
          >
            Try again
          </Button>
        }
      >
        Still waiting for {waitsFor}. This is taking longer than usual.
      </Alert>
      <StartDetails />
    </Stack>
  );
}
