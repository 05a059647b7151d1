import { Button, Dialog, DialogActions, DialogContent, DialogTitle } from "@mui/material";
import { useId } from "react";
import LogLists from "./log-lists.tsx";

/** Loaded on demand. */
export default function LogDialog({ onClose }: { onClose: () => void }) {
  const id = useId();
  return (
    <Dialog
      open
      onClose={onClose}
      aria-labelledby={id}
      fullWidth
      slotProps={{ paper: { sx: { maxWidth: 860 } } }}
    >
      <DialogTitle id={id}>Logs</DialogTitle>
      <DialogContent dividers>
        <LogLists />
      </DialogContent>
      <DialogActions sx={{ px: 3, py: 1.5 }}>
        <Button onClick={onClose}>Close</Button>
      </DialogActions>
    </Dialog>
  );
}
