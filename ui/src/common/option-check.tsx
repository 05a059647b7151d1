import { Box, Checkbox, FormControlLabel, Typography } from "@mui/material";
import { type ReactNode, useId } from "react";
import { Changes } from "./changes.tsx";

interface OptionCheckProps {
  readonly label: string;
  /** The effect of ticking it, in one line. */
  readonly effect: string;
  readonly checked: boolean;
  readonly disabled?: boolean;
  readonly onChange: (checked: boolean) => void;
  readonly children?: ReactNode;
}

export function OptionCheck({
  label,
  effect,
  checked,
  disabled = false,
  onChange,
  children,
}: OptionCheckProps) {
  const id = useId();
  return (
    <Box>
      <Changes>
        <FormControlLabel
          disabled={disabled}
          label={<Typography>{label}</Typography>}
          control={
            <Checkbox
              size="small"
              checked={checked}
              onChange={(event) => onChange(event.target.checked)}
              slotProps={{ input: { "aria-describedby": id } }}
            />
          }
        />
      </Changes>
      <Box sx={{ pl: 3.75 }}>
        <Typography id={id} color="text.secondary">
          {effect}
        </Typography>
        {children}
      </Box>
    </Box>
  );
}
