import { Box, Typography } from "@mui/material";
import { assertNever } from "@tailnet-share/contract/errors";
import type { NodeState } from "@tailnet-share/contract/node";
import type { Snapshot } from "@tailnet-share/contract/snapshot";
import type { ReactNode } from "react";
import { useSession } from "../../api/session.tsx";
import { useOutage } from "../../api/use-outage.ts";
import { CopyButton } from "../../common/copy-button.tsx";
import { LazyPart } from "../../common/lazy-part.tsx";
import { lazyPart } from "../../common/load-part.ts";
import { StatusDot } from "../../common/status-dot.tsx";
import { ELLIPSIS, PAGE_X } from "../../common/styles.ts";
import { AccountMenu } from "./account-menu.tsx";
import { KeyExpiry } from "./key-expiry.tsx";
import { pathWords, stateWords } from "./node-words.ts";

const YouMenu = lazyPart(() => import("../session/you-menu.tsx"));

export function NodeHeader({ snapshot }: { snapshot: Snapshot }) {
  const { visitor } = useSession();
  const { tone, text } = stateWords(snapshot.node, useOutage(snapshot));
  return (
    <Box
      component="header"
      sx={{ display: "flex", alignItems: "center", gap: 2, px: PAGE_X, py: 1.5, minHeight: 76, flex: "none" }}
    >
      <Box sx={{ flex: 1, minWidth: 0 }}>
        <Box sx={{ display: "flex", alignItems: "baseline", columnGap: 1.5 }}>
          <StatusDot tone={tone} words={text} strong />
          {snapshot.node.state === "connected" && <Path paths={snapshot.node.paths} />}
        </Box>
        <Subline node={snapshot.node} />
      </Box>
      {visitor && (
        <LazyPart>
          <YouMenu visitor={visitor} />
        </LazyPart>
      )}
      <AccountMenu snapshot={snapshot} />
    </Box>
  );
}

function Subline({ node }: { node: NodeState }) {
  switch (node.state) {
    case "connected":
    case "paused":
      return (
        <>
          <Addresses node={node} />
          <KeyExpiry node={node} />
        </>
      );
    case "connecting":
      return <Words>Waiting for {node.waitsFor}</Words>;
    case "expired":
      return <Words>Shares are kept</Words>;
    case "logged-out":
    case "starting":
    case "needs-approval":
    case "failed":
      return <Words>{node.state === "failed" ? "Shares are offline" : "Nothing is shared yet"}</Words>;
    default:
      return assertNever(node);
  }
}

/** On the first line, which has room for it, so that nothing moves when it appears and disappears. */
function Path({ paths }: { paths: Extract<NodeState, { state: "connected" }>["paths"] }) {
  const words = pathWords(paths);
  if (words === null) return null;
  return (
    <Typography color="text.secondary" tabIndex={0} data-hint={words.meaning} sx={{ flex: "none" }}>
      {words.text}
    </Typography>
  );
}

function Words({ children }: { children: ReactNode }) {
  return (
    <Typography color="text.secondary" sx={{ ml: 2.5, lineHeight: "28px" }}>
      {children}
    </Typography>
  );
}

function Addresses({ node }: { node: Extract<NodeState, { state: "connected" | "paused" }> }) {
  return (
    <Box
      sx={{ ml: 2.5, display: "flex", flexWrap: "wrap", alignItems: "center", columnGap: 1.5, minHeight: 28 }}
    >
      {node.dnsName && <Copyable text={node.dnsName} name="this node's name" />}
      {node.addresses.map((address) => (
        <Copyable key={address} text={address} name={`this node's address ${address}`} />
      ))}
    </Box>
  );
}

function Copyable({ text, name }: { text: string; name: string }) {
  return (
    <Box sx={{ display: "flex", alignItems: "center", minWidth: 0 }}>
      <Typography color="text.secondary" data-whole={text} sx={ELLIPSIS}>
        {text}
      </Typography>
      <CopyButton text={text} name={name} />
    </Box>
  );
}
