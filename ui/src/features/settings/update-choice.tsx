import type { Settings } from "@tailnet-share/contract/settings";
import { useSession } from "../../api/session.tsx";
import { RadioSetting } from "./radio-setting.tsx";
import { UPDATE_NOTICES } from "./settings-words.ts";

export function UpdateChoice({ settings }: { settings: Settings }) {
  const { actions } = useSession();
  return (
    <RadioSetting
      title="Update notices for Tailscale"
      text="Which Tailscale releases the panel announces. Nothing is installed automatically."
      saved={settings.updateNotices}
      choices={UPDATE_NOTICES}
      save={(updateNotices) => actions.saveSettings({ updateNotices })}
    />
  );
}
