import { FormControlLabel, Radio, RadioGroup, Typography } from "@mui/material";
import { Mode } from "@tailnet-share/contract/share";
import type { Workload } from "@tailnet-share/contract/workload";
import { useId } from "react";

interface ModeChoiceProps {
  readonly workload: Workload;
  readonly mode: Mode;
  readonly onPick: (mode: Mode) => void;
}

export function ModeChoice({ workload, mode, onPick }: ModeChoiceProps) {
  const id = useId();
  const { refusal } = workload.machine;
  const label = (text: string) => <Typography variant="body2">{text}</Typography>;
  return (
    <div>
      <Typography id={`${id}-label`} variant="body2" sx={{ fontWeight: 600 }}>
        How to reach it
      </Typography>
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
          label={label("Its own machine")}
        />
      </RadioGroup>
      <Typography id={`${id}-effect`} variant="body2" color="text.secondary">
        {refusal ? `It cannot be a machine of its own. ${refusal.message} ${refusal.hint}` : EFFECTS[mode]}
        {workload.share !== null && (refusal === null || mode === "machine") && ` ${CHANGES[mode]}`}
      </Typography>
    </div>
  );
}

const EFFECTS: Record<Mode, string> = {
  node: "At this node's name, on the ports that you tick and no others.",
  machine:
    "At a name of its own. Every port that the container listens on can be reached there, as far as your tailnet's rules allow.",
};

/** Consequences of picking the other mode. */
const CHANGES: Record<Mode, string> = {
  node: "Changing it ends its address on this node and every connection to it.",
  machine: "Changing it ends its machine's addresses and every connection to them.",
};
