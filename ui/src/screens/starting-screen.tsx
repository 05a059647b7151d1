import { Box, Typography } from "@mui/material";
import { Centred } from "../common/centred.tsx";
import { Spinner } from "../common/spinner.tsx";
import { SlowStartHelp } from "../features/help/slow-start-help.tsx";

export function StartingScreen({ waitsFor }: { waitsFor: string }) {
  return (
    <Centred>
      <Box sx={{ display: "flex", alignItems: "center", gap: 1.5 }}>
        <Spinner />
        <Typography variant="h6" component="h2">
          Starting…
        </Typography>
      </Box>
      <Typography color="text.secondary">Waiting for {waitsFor}.</Typography>
      <SlowStartHelp waitsFor={waitsFor} />
    </Centred>
  );
}
