import { Box, Typography } from "@mui/material";
import type { Snapshot } from "@tailnet-share/contract/snapshot";
import { useId } from "react";
import { useSession } from "../../api/session.tsx";
import { Section } from "./section.tsx";
import { versionProblem } from "./settings-form.ts";
import { runningVersions } from "./settings-words.ts";
import { TextSetting } from "./text-setting.tsx";

export function MachineVersion({ snapshot }: { snapshot: Snapshot }) {
  const { actions } = useSession();
  const id = useId();
  const bundled = snapshot.versions.tailscale;
  return (
    <Section
      id={id}
      title="Tailscale version for machines (experimental)"
      text="Runs another release than the bundled one."
    >
      <Box sx={{ mt: 1.5 }}>
        <TextSetting
          label="Tailscale version"
          saved={snapshot.settings.machineTailscale}
          placeholder={bundled ? `${bundled}, bundled` : "bundled"}
          effect="Leave empty for the bundled version. Saving restarts the machines."
          problemOf={versionProblem}
          save={(machineTailscale) => actions.saveSettings({ machineTailscale })}
        />
      </Box>
      <Typography color="text.secondary" sx={{ mt: 1 }}>
        {runningVersions(snapshot)}
      </Typography>
    </Section>
  );
}
