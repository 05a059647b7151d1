import MoreVert from "@mui/icons-material/MoreVert";
import { IconButton, Menu, MenuItem } from "@mui/material";
import { assertNever } from "@tailnet-share/contract/errors";
import type { Workload } from "@tailnet-share/contract/workload";
import { useState } from "react";
import { useMayChange, useSession } from "../../api/session.tsx";
import { useCopy } from "../../common/use-copy.ts";
import { fullName } from "../../model/names.ts";
import { addressOf, type Status } from "../../model/status.ts";
import { type MenuAction, menuActions } from "./row-actions.ts";

const WORDS: Record<MenuAction, string> = {
  "view-container": "View container",
  "view-logs": "View logs",
  "copy-address": "Copy address",
  forget: "Remove share",
};

interface RowMenuProps {
  readonly workload: Workload;
  readonly status: Status;
  /** MagicDNS is on. */
  readonly magicDns: boolean;
}

export function RowMenu({ workload, status, magicDns }: RowMenuProps) {
  const { host } = useSession();
  const mayChange = useMayChange();
  const run = useMenuAction({ workload, status, magicDns });
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const allowed = menuActions(workload, status, host.containers !== null);
  if (allowed.length === 0) return null;
  return (
    <>
      <IconButton
        size="small"
        aria-label={`More for ${fullName(workload)}`}
        aria-haspopup="menu"
        aria-expanded={anchor !== null}
        data-hint="More"
        onClick={(event) => setAnchor(event.currentTarget)}
      >
        <MoreVert sx={{ fontSize: 20 }} />
      </IconButton>
      {anchor && (
        <Menu open anchorEl={anchor} onClose={() => setAnchor(null)}>
          {allowed.map((action) => (
            <MenuItem
              key={action}
              disabled={action === "forget" && !mayChange}
              onClick={() => {
                setAnchor(null);
                void run(action);
              }}
            >
              {WORDS[action]}
            </MenuItem>
          ))}
        </Menu>
      )}
    </>
  );
}

function useMenuAction({ workload, status, magicDns }: RowMenuProps) {
  const { host, actions, notices } = useSession();
  const copy = useCopy();

  async function show(view: "view" | "viewLogs") {
    const id = workload.containerId;
    if (id === null || (await host.containers?.[view](id))) return;
    notices.error("Docker Desktop couldn't show the container.", "It may have been removed.", "");
  }
  return async (action: MenuAction): Promise<void> => {
    switch (action) {
      case "view-container":
        return show("view");
      case "view-logs":
        return show("viewLogs");
      case "copy-address": {
        const address = status.kind === "live" ? addressOf(status, magicDns) : null;
        if (address !== null) await copy(address);
        return;
      }
      case "forget":
        await actions.forget(workload);
        return;
      default:
        return assertNever(action);
    }
  };
}
