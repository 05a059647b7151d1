import { Stack } from "@mui/material";
import type { Snapshot } from "@tailnet-share/contract/snapshot";
import { useId } from "react";
import { useSession } from "../../api/session.tsx";
import { controlUrlProblem, hostnameProblem } from "../../model/login-form.ts";
import { Authorities } from "./authorities.tsx";
import { Section } from "./section.tsx";
import { TextSetting } from "./text-setting.tsx";

export function ThisNode({ snapshot: { node, settings } }: { snapshot: Snapshot }) {
  const { actions } = useSession();
  const id = useId();
  const loggedIn = node.state === "connected" || node.state === "paused";
  return (
    <Section id={id} title="This node" text="Tailnet Share's own device in your tailnet.">
      <Stack spacing={2} sx={{ mt: 1.5 }}>
        <TextSetting
          label="Machine name"
          saved={settings.hostname}
          effect={
            loggedIn
              ? "How this computer's Docker appears in your tailnet. Renaming breaks existing links."
              : "How this computer's Docker appears in your tailnet, from the next login on."
          }
          problemOf={hostnameProblem}
          save={(hostname) => (loggedIn ? actions.renameNode(hostname) : actions.saveSettings({ hostname }))}
        />
        <TextSetting
          label="Control server"
          saved={settings.controlUrl}
          placeholder="https://headscale.example.com"
          effect="For Headscale, from the next login on. Leave empty to use Tailscale."
          problemOf={controlUrlProblem}
          save={(controlUrl) => actions.saveSettings({ controlUrl })}
        />
        <Authorities settings={settings} />
      </Stack>
    </Section>
  );
}
