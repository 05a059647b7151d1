import { Box, Typography } from "@mui/material";
import { type CheckHop, type CheckReport, faultOf } from "@tailnet-share/contract/check";
import type { Workload } from "@tailnet-share/contract/workload";
import { useState } from "react";
import { useSession, useSnapshot } from "../../api/session.tsx";
import { ActionButton } from "../../common/action-button.tsx";
import { ExternalLink } from "../../common/external-link.tsx";
import { FaultAlert } from "../../common/fault-alert.tsx";
import { accessControls } from "../../model/help.ts";
import { fullName } from "../../model/names.ts";
import { conclusion, HOPS, hopDetail, isOutdated, outcomeWords } from "./check-report.ts";

const COLOURS: Record<CheckHop["outcome"], string> = {
  passed: "success.main",
  failed: "error.main",
  "not-tried": "text.secondary",
};

type Check =
  | { readonly state: "idle" }
  | { readonly state: "running" }
  | { readonly state: "done"; readonly report: CheckReport };

/** Checks the whole path on demand and names the failing hop. */
export function CheckPanel({ workload }: { workload: Workload }) {
  const { actions } = useSession();
  const [check, setCheck] = useState<Check>({ state: "idle" });
  const running = check.state === "running";
  const label = running ? "Testing…" : "Test connection";

  async function run() {
    setCheck({ state: "running" });
    const report = await actions.check(workload);
    setCheck(report ? { state: "done", report } : { state: "idle" });
  }
  return (
    <Box>
      <ActionButton
        size="small"
        variant="outlined"
        off={running}
        // The accessible name must begin with the visible label.
        aria-label={`${label}: ${fullName(workload)}`}
        onClick={() => void run()}
      >
        {label}
      </ActionButton>
      <Box aria-live="polite">
        {check.state === "done" && (
          <Report report={check.report} outdated={isOutdated(check.report, workload)} />
        )}
      </Box>
      {check.state === "done" && !isOutdated(check.report, workload) && (
        <Failure report={check.report} name={fullName(workload)} />
      )}
    </Box>
  );
}

function Report({ report, outdated }: { report: CheckReport; outdated: boolean }) {
  return (
    <>
      <Box
        component="ol"
        aria-label={outdated ? "Earlier test result" : "Test result"}
        sx={{ pl: 2.5, my: 1 }}
      >
        {report.hops.map((hop) => (
          <Typography component="li" key={hop.hop} sx={{ overflowWrap: "anywhere" }}>
            <Box
              component="span"
              sx={{ fontWeight: 600, color: outdated ? "text.secondary" : COLOURS[hop.outcome] }}
            >
              {outcomeWords(hop)}
            </Box>
            {` · ${HOPS[hop.hop]}${hopDetail(hop) ? `: ${hopDetail(hop)}` : ""}`}
          </Typography>
        ))}
      </Box>
      {outdated && <Typography>Something changed since this test. Run it again.</Typography>}
      {!outdated && !faultOf(report) && <Typography>{conclusion(report)}</Typography>}
    </>
  );
}

/** Stands outside the region that is read out, because an alert is read out by itself. */
function Failure({ report, name }: { report: CheckReport; name: string }) {
  const fault = faultOf(report);
  if (!fault) return null;
  return (
    <>
      <FaultAlert severity="error" fault={fault} />
      {fault.code === "ACL_DENIES" && <AccessControls name={name} />}
    </>
  );
}

/** Only Tailscale's own tailnets have an access controls page. */
function AccessControls({ name }: { name: string }) {
  const snapshot = useSnapshot();
  const url = snapshot ? accessControls(snapshot) : null;
  if (url === null) return null;
  return (
    <Typography sx={{ pt: 1 }}>
      <ExternalLink href={url} name={`Open the access controls, for ${name}`}>
        Open the access controls
      </ExternalLink>
    </Typography>
  );
}
