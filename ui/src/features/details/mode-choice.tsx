import { FormControlLabel, Radio, RadioGroup, Typography } from "@mui/material";
import { Mode } from "@tailnet-share/contract/share";
import type { Workload } from "@tailnet-share/contract/workload";
import { useId } from "react";
import { Changes } from "../../common/changes.tsx";

interface ModeChoiceProps {
  readonly workload: Workload;
  readonly mode: Mode;
  readonly onPick: (mode: Mode) => void;
}

export function ModeChoice({ workload, mode, onPick }: ModeChoiceProps) {
  const id = useId();
  const { refusal } = workload.machine;
  const label = (text: string) => <Typography>{text}</Typography>;
  return (
    <div>
      <Typography id={`${id}-label`} sx={{ fontWeight: 600 }}>
        Address
      </Typography>
      <Changes>
        <RadioGroup
          row
          aria-labelledby={`${id}-label`}
          aria-describedby={`${id}-effect`}
          value={mode}
          onChange={(_event, value) => onPick(Mode.parse(value))}
        >
          <FormControlLabel value="node" control={<Radio size="small" />} label={label("On this node")} />
          <FormControlLabel
            value="machine"
            disabled={refusal !== null}
            control={<Radio size="small" />}
            label={label("Own machine")}
          />
        </RadioGroup>
      </Changes>
      <Typography id={`${id}-effect`} color="text.secondary">
        {refusal ? `It can't be its own machine. ${refusal.message} ${refusal.hint}` : EFFECTS[mode]}
        {workload.share !== null && (refusal === null || mode === "machine") && ` ${CHANGES[mode]}`}
      </Typography>
    </div>
  );
}

const EFFECTS: Record<Mode, string> = {
  node: "Only the ports you select, on this node.",
  machine: "Its own name and IP address. All listening ports, subject to your access controls.",
};

/** Consequences of picking the other mode. */
const CHANGES: Record<Mode, string> = {
  node: "Changing this changes its address and drops open connections.",
  machine: "Changing this changes its address and drops open connections.",
};
