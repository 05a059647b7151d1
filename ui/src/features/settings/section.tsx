import { Box, Typography } from "@mui/material";
import type { ReactNode } from "react";
import { Changes } from "../../common/changes.tsx";

interface SectionProps {
  readonly id: string;
  readonly title: string;
  /** The purpose of this setting, in one line. */
  readonly text: string;
  readonly children?: ReactNode;
}

export function Section({ id, title, text, children }: SectionProps) {
  return (
    <Box component="section" aria-labelledby={id}>
      <Typography id={id} variant="subtitle1" component="h3" sx={{ fontWeight: 600 }}>
        {title}
      </Typography>
      <Typography color="text.secondary" sx={{ mb: children ? 1 : 0 }}>
        {text}
      </Typography>
      <Changes>{children}</Changes>
    </Box>
  );
}
