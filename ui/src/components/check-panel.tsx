import { Box, Button, Typography } from "@mui/material";
import type { Workload } from "@tailnet-share/contract/model";
import type { CheckReport } from "@tailnet-share/contract/routes";
import { useState } from "react";
import { useSession } from "../api/session.tsx";
import { fullName } from "../model/names.ts";
import { FaultAlert } from "./fault-alert.tsx";

type Hop = CheckReport["hops"][number]["hop"];

const HOPS: Record<Hop, string> = {
  container: "Container runs",
  network: "Network reaches it",
  listening: "Something listens on the port",
  "data-plane": "Forwarding is in place",
  machine: "Its machine is on the tailnet",
  node: "This node is on the tailnet",
};

type Check =
  | { readonly state: "idle" }
  | { readonly state: "running" }
  | { readonly state: "done"; readonly report: CheckReport };

/** Walks the whole path on demand and names the hop that fails. */
export function CheckPanel({ workload }: { workload: Workload }) {
  const { actions } = useSession();
  const [check, setCheck] = useState<Check>({ state: "idle" });

  async function run() {
    setCheck({ state: "running" });
    const report = await actions.check(workload);
    setCheck(report ? { state: "done", report } : { state: "idle" });
  }
  return (
    <Box>
      <Button
        size="small"
        variant="outlined"
        disabled={check.state === "running"}
        aria-label={`Check ${fullName(workload)}`}
        onClick={() => void run()}
      >
        {check.state === "running" ? "Checking…" : "Check"}
      </Button>
      <Box aria-live="polite">{check.state === "done" && <Report report={check.report} />}</Box>
    </Box>
  );
}

function Report({ report }: { report: CheckReport }) {
  return (
    <>
      <Box component="ol" aria-label="Result of the check" sx={{ pl: 2.5, my: 1 }}>
        {report.hops.map(({ hop, ok, detail }) => (
          <Typography component="li" variant="body2" key={hop} sx={{ overflowWrap: "anywhere" }}>
            <Box component="span" sx={{ fontWeight: 600, color: ok ? "success.main" : "error.main" }}>
              {ok ? "Fine" : "Fails"}
            </Box>
            {` · ${HOPS[hop]}${detail ? `: ${detail}` : ""}`}
          </Typography>
        ))}
      </Box>
      {report.fault && <FaultAlert severity="error" fault={report.fault} />}
      {!report.fault && <Typography variant="body2">Everything on the way works.</Typography>}
    </>
  );
}
