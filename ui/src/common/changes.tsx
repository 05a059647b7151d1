import { Box } from "@mui/material";
import type { ReactNode } from "react";
import { useMayChange } from "../api/session.tsx";

export const LOOK_ONLY = "You can look, not change";

/** The backend sends login links to nobody else, because whoever opens one may become the owner of the device. */
export const LINK_HIDDEN = "Only users who may make changes see its link.";

const LOOKS_OFF = {
  display: "contents",
  "& button:disabled, & .MuiSwitch-root, & .MuiCheckbox-root, & .MuiRadio-root, & .MuiInputBase-root": {
    opacity: 0.5,
  },
  "& *": { cursor: "default" },
};

/**
 * Around controls that change something: all of them are off for a user who may only look. Links and options of a select that is not
 * native stay on, so such a select needs `disabled`.
 */
export function Changes({ children }: { children: ReactNode }) {
  if (useMayChange()) return children;
  return (
    <Box component="fieldset" disabled aria-label={LOOK_ONLY} data-hint={LOOK_ONLY} sx={LOOKS_OFF}>
      {children}
    </Box>
  );
}
