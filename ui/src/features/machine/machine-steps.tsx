import { Step, StepLabel, Stepper } from "@mui/material";
import { MACHINE_STAGES, type MachineStage } from "@tailnet-share/contract/share";
import type { Status } from "../../model/status.ts";

const WORDS: Record<MachineStage, string> = {
  create: "Create machine",
  start: "Start Tailscale",
  join: "Join tailnet",
};

/** The stages of a machine until it is reachable. Shows nothing once it is, or when its stage isn't known. */
export function MachineSteps({ status, name }: { status: Status; name: string }) {
  const stage = stageOf(status);
  if (stage === null) return null;
  return (
    <Stepper
      component="ol"
      activeStep={MACHINE_STAGES.indexOf(stage)}
      aria-label={`Progress of ${name}`}
      // A connector is a <div>, which a list may not hold.
      connector={null}
      sx={{ m: 0, p: 0, listStyle: "none", flexWrap: "wrap", columnGap: 2, rowGap: 0.5 }}
    >
      {[...MACHINE_STAGES.map((each) => WORDS[each]), "Reachable"].map((words, index) => (
        <Step
          key={words}
          component="li"
          {...(MACHINE_STAGES[index] === stage ? { "aria-current": "step" } : {})}
          sx={{ p: 0 }}
        >
          <StepLabel>{words}</StepLabel>
        </Step>
      ))}
    </Stepper>
  );
}

function stageOf(status: Status): MachineStage | null {
  if (status.kind === "starting") return status.stage;
  return status.kind === "needs-approval" ? "join" : null;
}
