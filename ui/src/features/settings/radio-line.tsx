import { FormControlLabel, Radio, Typography } from "@mui/material";
import { useId } from "react";

interface RadioLineProps {
  readonly value: string;
  readonly label: string;
  /** The effect of picking it, in one line. */
  readonly effect: string;
  readonly autoFocus?: boolean;
}

export function RadioLine({ value, label, effect, autoFocus = false }: RadioLineProps) {
  const id = useId();
  const input = { "aria-label": label, "aria-describedby": id };
  return (
    <FormControlLabel
      value={value}
      sx={{ alignItems: "flex-start", mb: 0.5 }}
      control={<Radio size="small" autoFocus={autoFocus} slotProps={{ input }} />}
      label={
        <>
          <Typography sx={{ pt: 1.125 }}>{label}</Typography>
          <Typography id={id} color="text.secondary">
            {effect}
          </Typography>
        </>
      }
    />
  );
}
