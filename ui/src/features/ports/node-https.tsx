import { Checkbox, FormControlLabel, Typography } from "@mui/material";
import type { Workload } from "@tailnet-share/contract/workload";
import { useSession } from "../../api/session.tsx";
import { useQueued } from "../../common/use-queued.ts";
import { fullName } from "../../model/names.ts";
import { type PortLine, portName, switchHttps } from "../../model/ports.ts";

interface NodeHttpsProps {
  readonly workload: Workload;
  readonly line: PortLine;
  readonly busy: boolean;
  /** ID of the element that explains HTTPS. */
  readonly describedBy: string;
}

/** Switches HTTPS for one shared TCP port of the node. */
export function NodeHttps({ workload, line, busy, describedBy }: NodeHttpsProps) {
  const { actions } = useSession();
  const [wanted, want] = useQueued<boolean>(busy, async (https) => {
    if (https !== line.https) await actions.share(workload, { ports: switchHttps(workload, line, https) });
  });
  return (
    <FormControlLabel
      sx={{ mr: 0 }}
      label={<Typography>HTTPS</Typography>}
      control={
        <Checkbox
          size="small"
          checked={wanted ?? line.https}
          onChange={(event) => want(event.target.checked)}
          slotProps={{
            input: {
              "aria-label": `HTTPS for port ${portName(line)} of ${fullName(workload)}`,
              "aria-describedby": describedBy,
            },
          }}
        />
      }
    />
  );
}
