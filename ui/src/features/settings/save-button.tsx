import { Button } from "@mui/material";

interface SaveButtonProps {
  readonly ready: boolean;
  readonly name: string;
}

/** Looks disabled but stays enabled: saving makes it not ready, and a disabled button loses the focus. */
export function SaveButton({ ready, name }: SaveButtonProps) {
  return (
    <Button
      type="submit"
      variant="outlined"
      aria-disabled={!ready || undefined}
      aria-label={name}
      sx={{ flex: "none", height: 40, ...(ready ? {} : { opacity: 0.5, cursor: "default" }) }}
    >
      Save
    </Button>
  );
}
