import { MenuItem, TextField, Typography } from "@mui/material";
import type { ShareNetwork } from "@tailnet-share/contract/share";
import type { Workload } from "@tailnet-share/contract/workload";
import { useMayChange, useSession } from "../../api/session.tsx";
import { LOOK_ONLY } from "../../common/changes.tsx";
import { useQueued } from "../../common/use-queued.ts";
import { networkChoices, networkWords } from "./network.ts";

interface NetworkChoiceProps {
  readonly workload: Workload;
  readonly network: ShareNetwork;
  readonly busy: boolean;
}

/** Never a network's name, because names aren't empty. */
const ANY = "";

/** Selects the container's network that the node uses. Renders nothing when there is no choice. */
export function NetworkChoice({ workload, network, busy }: NetworkChoiceProps) {
  const { actions } = useSession();
  const mayChange = useMayChange();
  const [wanted, want] = useQueued<{ readonly network: string | null }>(busy, (choice) =>
    actions.share(workload, choice),
  );
  const choices = networkChoices(network);
  if (choices.length === 0) return null;
  const chosen = wanted ? wanted.network : network.chosen;
  return (
    <div>
      <TextField
        select
        size="small"
        label="Network"
        disabled={!mayChange}
        data-hint={mayChange ? undefined : LOOK_ONLY}
        sx={{ minWidth: 200, maxWidth: "100%", mt: 1 }}
        value={chosen ?? ANY}
        onChange={({ target }) => want({ network: target.value === ANY ? null : target.value })}
      >
        <MenuItem value={ANY}>Automatic</MenuItem>
        {choices.map((name) => (
          <MenuItem key={name} value={name} sx={{ overflowWrap: "anywhere", whiteSpace: "normal" }}>
            {name}
          </MenuItem>
        ))}
      </TextField>
      <Typography color="text.secondary" sx={{ overflowWrap: "anywhere" }}>
        {networkWords(network)}
      </Typography>
    </div>
  );
}
