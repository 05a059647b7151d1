import { Box, Typography } from "@mui/material";
import type { PanelOnTailnet } from "@tailnet-share/contract/session";
import type { Snapshot } from "@tailnet-share/contract/snapshot";
import { useId, useState } from "react";
import { useSession } from "../../api/session.tsx";
import { CopyButton } from "../../common/copy-button.tsx";
import { ExternalLink } from "../../common/external-link.tsx";
import { FaultAlert } from "../../common/fault-alert.tsx";
import { OptionCheck } from "../../common/option-check.tsx";
import { Outcome } from "./saving-outcome.tsx";
import { Section } from "./section.tsx";
import { useSaving } from "./use-saving.ts";

/** Opens a panel in a browser to the tailnet. Not drawn where browsers get no panel. */
export function OnTailnet({ snapshot: { settings, panelOnTailnet } }: { snapshot: Snapshot }) {
  const { actions } = useSession();
  const id = useId();
  const { saving, run } = useSaving();
  const [asked, setAsked] = useState<boolean | null>(null);
  if (panelOnTailnet === null) return null;

  async function flip(on: boolean) {
    setAsked(on);
    await run(() => actions.saveSettings({ panelOnTailnet: on }));
    setAsked(null);
  }
  return (
    <Section id={id} title="This panel" text="Where it opens, and for whom.">
      <OptionCheck
        label="Open the panel from the tailnet"
        effect="Your own devices may change everything. Other people's and tagged devices need a grant in the tailnet's access controls."
        checked={asked ?? settings.panelOnTailnet}
        onChange={(on) => void flip(on)}
      >
        <Address panel={panelOnTailnet} />
      </OptionCheck>
      <Outcome saving={saving} />
    </Section>
  );
}

function Address({ panel }: { panel: PanelOnTailnet }) {
  switch (panel.state) {
    case "off":
      return null;
    case "pending":
      return panel.fault ? (
        <FaultAlert severity="warning" fault={panel.fault} />
      ) : (
        <Typography variant="body2" color="text.secondary">
          Opens as soon as this node is connected.
        </Typography>
      );
    case "open":
      return (
        <Box sx={{ display: "flex", alignItems: "center", gap: 0.5, overflowWrap: "anywhere" }}>
          <ExternalLink href={panel.url} name={`Open ${panel.url}`}>
            {panel.url}
          </ExternalLink>
          <CopyButton text={panel.url} name="the panel's address in the tailnet" />
        </Box>
      );
  }
}
