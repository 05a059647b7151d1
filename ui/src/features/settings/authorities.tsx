import { Button, Typography } from "@mui/material";
import type { Settings } from "@tailnet-share/contract/settings";
import { useSession } from "../../api/session.tsx";
import { Outcome } from "./saving-outcome.tsx";
import { TextSetting } from "./text-setting.tsx";
import { useSaving } from "./use-saving.ts";

/** Extra trusted certificate authorities. */
export function Authorities({ settings: { authorities } }: { settings: Settings }) {
  const { actions } = useSession();
  const { saving, run } = useSaving();
  const names = authorities.map(({ name }) => name).join(", ");
  return (
    <div>
      <TextSetting
        label="Certificate authority"
        saved=""
        lines={3}
        placeholder="-----BEGIN CERTIFICATE-----"
        effect="For a control server or proxy with a private certificate authority. PEM. Saving restarts the machines."
        problemOf={(text) =>
          text.trim() === "" || text.includes("-----BEGIN CERTIFICATE-----")
            ? null
            : "Paste a certificate in PEM."
        }
        save={(pem) => actions.saveSettings({ authorities: pem })}
      />
      {authorities.length > 0 && (
        <>
          <Typography sx={{ mt: 0.5 }}>
            Trusted: {names}.{" "}
            <Button size="small" onClick={() => void run(() => actions.saveSettings({ authorities: "" }))}>
              Remove
            </Button>
          </Typography>
          <Outcome saving={saving} busy="Removing…" />
        </>
      )}
    </div>
  );
}
