import {
  Button,
  Dialog,
  DialogActions,
  DialogContent,
  DialogTitle,
  Divider,
  Stack,
  Typography,
} from "@mui/material";
import type { Snapshot } from "@tailnet-share/contract/snapshot";
import { useId } from "react";
import { useMayChange } from "../../api/session.tsx";
import { LOOK_ONLY } from "../../common/changes.tsx";
import { tailnetOf } from "../../model/tailnet.ts";
import { Backup } from "./backup.tsx";
import { Credential } from "./credential.tsx";
import { MachineNames } from "./machine-names.tsx";
import { MachineVersion } from "./machine-version.tsx";
import { OnTailnet } from "./on-tailnet.tsx";
import { OneClick } from "./one-click.tsx";
import { ThisNode } from "./this-node.tsx";
import { UpdateChoice } from "./update-choice.tsx";

/** Saves each setting separately and at once, without a restart. Loaded on demand. */
export default function SettingsDialog({ snapshot, onClose }: { snapshot: Snapshot; onClose: () => void }) {
  const id = useId();
  const mayChange = useMayChange();
  const { node, settings } = snapshot;
  return (
    <Dialog
      open
      onClose={onClose}
      aria-labelledby={id}
      fullWidth
      slotProps={{ paper: { sx: { maxWidth: 680 } } }}
    >
      <DialogTitle id={id}>Settings</DialogTitle>
      {/* Scrolls by keyboard also when every control in it is off. */}
      <DialogContent dividers tabIndex={mayChange ? undefined : 0}>
        {!mayChange && <Typography sx={{ mb: 2, fontWeight: 600 }}>{LOOK_ONLY}</Typography>}
        <Stack spacing={3} divider={<Divider flexItem />}>
          <OneClick settings={settings} />
          <Credential credential={settings.machineCredential} />
          <MachineNames settings={settings} domain={tailnetOf(node, settings).domain} />
          <MachineVersion snapshot={snapshot} />
          <ThisNode snapshot={snapshot} />
          <OnTailnet snapshot={snapshot} />
          <UpdateChoice settings={settings} />
          <Backup snapshot={snapshot} />
        </Stack>
      </DialogContent>
      <DialogActions sx={{ px: 3, py: 1.5 }}>
        <Button onClick={onClose}>Close</Button>
      </DialogActions>
    </Dialog>
  );
}
