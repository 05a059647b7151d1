import { Box } from "@mui/material";
import type { ReactNode } from "react";
import { PAGE_X } from "./styles.ts";

/** A screen with a single message. */
export function Centred({ children }: { children: ReactNode }) {
  return (
    <Box
      component="main"
      tabIndex={-1}
      sx={{ flex: 1, overflow: "auto", px: PAGE_X, py: { xs: 3, md: 5 }, outline: "none" }}
    >
      <Box sx={{ maxWidth: 600, mx: "auto", display: "flex", flexDirection: "column", gap: 2 }}>
        {children}
      </Box>
    </Box>
  );
}
