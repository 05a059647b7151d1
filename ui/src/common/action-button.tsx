import { Button, type ButtonProps, type SxProps, type Theme } from "@mui/material";
import type { MouseEvent } from "react";

interface ActionButtonProps extends Omit<ButtonProps, "disabled" | "sx"> {
  /** Whether it does nothing now: its request is running, or something is missing. */
  readonly off: boolean;
  readonly sx?: SxProps<Theme>;
}

const OFF = { opacity: 0.5, cursor: "default" };

/** A button that looks disabled while it is off, and keeps the focus: a disabled one loses it. Submits no form while it is off. */
export function ActionButton({ off, onClick, sx, ...props }: ActionButtonProps) {
  function click(event: MouseEvent<HTMLButtonElement>) {
    if (off) event.preventDefault();
    else onClick?.(event);
  }
  return (
    <Button
      {...props}
      aria-disabled={off || undefined}
      disableRipple={off}
      sx={[off && OFF, ...(Array.isArray(sx) ? sx : [sx])]}
      onClick={click}
    />
  );
}
