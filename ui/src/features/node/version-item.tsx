import { ListItemText, MenuItem } from "@mui/material";
import type { Snapshot } from "@tailnet-share/contract/snapshot";
import { version } from "../../../package.json";
import { useCopy } from "../../common/use-copy.ts";

/** Copies the versions for a bug report. */
export function VersionItem({ snapshot, close }: { snapshot: Snapshot; close: () => void }) {
  const copy = useCopy();
  const words = versionWords(snapshot);
  return (
    <MenuItem
      onClick={() => {
        close();
        void copy(words);
      }}
    >
      <ListItemText
        primary="Copy version info"
        secondary={words}
        slotProps={{ secondary: { sx: { whiteSpace: "normal", overflowWrap: "anywhere" } } }}
      />
    </MenuItem>
  );
}

/** Bug reports include this text, so it lists missing kernel features. */
function versionWords({ versions, dataPlane }: Snapshot): string {
  return [
    `Panel ${version}`,
    `Backend ${versions.backend}`,
    `Tailscale ${versions.tailscale ?? "not running"}`,
    ...dataPlane.missing.map(({ ability, cost }) => `Kernel without ${ability}: ${cost}`),
  ].join(" · ");
}
