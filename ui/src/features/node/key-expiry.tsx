import { Box, Typography } from "@mui/material";
import type { NodeState } from "@tailnet-share/contract/node";
import { useState } from "react";
import { useSession } from "../../api/session.tsx";
import { ActionButton } from "../../common/action-button.tsx";
import { Changes } from "../../common/changes.tsx";
import { useExpiryWords } from "./use-expiry-words.ts";

/** Warns during the last two weeks of the node's key and offers to renew it with one click. */
export function KeyExpiry({ node }: { node: Extract<NodeState, { state: "connected" | "paused" }> }) {
  const { actions } = useSession();
  const words = useExpiryWords(node.keyExpiry);
  const [sending, setSending] = useState(false);
  if (words === null) return null;
  // The renewal's link appears below, above the list.
  const underWay = node.state === "connected" && node.renewal !== null;

  async function renew() {
    setSending(true);
    await actions.renewKey();
    setSending(false);
  }
  return (
    <Box
      sx={{ ml: 2.5, display: "flex", flexWrap: "wrap", alignItems: "center", columnGap: 1.5, rowGap: 0.5 }}
    >
      <Typography sx={{ fontWeight: 600 }}>
        {words}
        {node.state === "paused" && " Resume sharing to renew it."}
      </Typography>
      {node.state === "connected" && (
        <Changes>
          <ActionButton
            variant="outlined"
            size="small"
            off={sending || underWay}
            onClick={() => void renew()}
          >
            Renew key
          </ActionButton>
        </Changes>
      )}
    </Box>
  );
}
