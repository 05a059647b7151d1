import { Box, Typography } from "@mui/material";
import { assertNever } from "@tailnet-share/contract/errors";
import type { NodeState, Snapshot } from "@tailnet-share/contract/model";
import type { ReactNode } from "react";
import { useSession } from "../api/session.tsx";
import { expiryWords, nodeWords } from "../model/node-words.ts";
import { AccountMenu } from "./account-menu.tsx";
import { CopyButton } from "./copy-button.tsx";
import { ELLIPSIS, PAGE_X } from "./layout.ts";
import { StatusDot } from "./status-dot.tsx";

export function NodeHeader({ snapshot }: { snapshot: Snapshot }) {
  const { tone, text } = nodeWords(snapshot.node);
  return (
    <Box
      component="header"
      sx={{ display: "flex", alignItems: "center", gap: 2, px: PAGE_X, py: 1.5, minHeight: 76, flex: "none" }}
    >
      <Box sx={{ flex: 1, minWidth: 0 }}>
        <StatusDot tone={tone} words={text} strong />
        <Subline node={snapshot.node} />
      </Box>
      <AccountMenu snapshot={snapshot} />
    </Box>
  );
}

function Subline({ node }: { node: NodeState }) {
  switch (node.state) {
    case "connected":
    case "paused":
      return <Addresses node={node} />;
    case "connecting":
      return <Words>Waiting for {node.waitsFor}</Words>;
    case "expired":
      return <Words>Shares stay as they are</Words>;
    case "logged-out":
    case "starting":
    case "needs-approval":
    case "failed":
      return <Words>Nothing is reachable{node.state === "failed" ? "" : " yet"}</Words>;
    default:
      return assertNever(node);
  }
}

function Words({ children }: { children: ReactNode }) {
  return (
    <Typography variant="body2" color="text.secondary" sx={{ ml: 2.5, lineHeight: "28px" }}>
      {children}
    </Typography>
  );
}

function Addresses({ node }: { node: Extract<NodeState, { state: "connected" | "paused" }> }) {
  const { host } = useSession();
  const expiry = expiryWords(node.keyExpiry, host.clock.now());
  return (
    <Box
      sx={{ ml: 2.5, display: "flex", flexWrap: "wrap", alignItems: "center", columnGap: 1.5, minHeight: 28 }}
    >
      {node.dnsName && <Copyable text={node.dnsName} name="this node's name" />}
      {node.addresses.map((address) => (
        <Copyable key={address} text={address} name={`this node's address ${address}`} />
      ))}
      {expiry && (
        <Typography variant="body2" color="text.primary" sx={{ fontWeight: 600 }}>
          {expiry}
        </Typography>
      )}
    </Box>
  );
}

function Copyable({ text, name }: { text: string; name: string }) {
  return (
    <Box sx={{ display: "flex", alignItems: "center", minWidth: 0 }}>
      <Typography variant="body2" color="text.secondary" title={text} sx={ELLIPSIS}>
        {text}
      </Typography>
      <CopyButton text={text} name={name} />
    </Box>
  );
}
