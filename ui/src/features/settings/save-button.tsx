import { ActionButton } from "../../common/action-button.tsx";

interface SaveButtonProps {
  readonly ready: boolean;
  readonly name: string;
}

export function SaveButton({ ready, name }: SaveButtonProps) {
  return (
    <ActionButton
      type="submit"
      variant="outlined"
      off={!ready}
      aria-label={name}
      sx={{ flex: "none", height: 40 }}
    >
      Save
    </ActionButton>
  );
}
