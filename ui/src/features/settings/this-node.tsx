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
    <Section id={id} title="This node" text="The extension's own device in your tailnet.">
      <Stack spacing={2} sx={{ mt: 1.5 }}>
        <TextSetting
          label="Device name"
          saved={settings.hostname}
          effect={
            loggedIn
              ? "What your other devices call this one. Addresses with the old name stop working."
              : "What your other devices call this one, from the next log-in on."
          }
          problemOf={hostnameProblem}
          save={(hostname) => (loggedIn ? actions.renameNode(hostname) : actions.saveSettings({ hostname }))}
        />
        <TextSetting
          label="Control server"
          saved={settings.controlUrl}
          placeholder="https://headscale.example.com"
          effect="Used at the next log-in. Leave it empty for Tailscale's own."
          problemOf={controlUrlProblem}
          save={(controlUrl) => actions.saveSettings({ controlUrl })}
        />
        <Authorities settings={settings} />
      </Stack>
    </Section>
  );
}
