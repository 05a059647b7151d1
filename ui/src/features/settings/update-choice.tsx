import type { Settings } from "@tailnet-share/contract/model";
import { useSession } from "../../api/session.tsx";
import { RadioSetting } from "./radio-setting.tsx";
import { UPDATE_NOTICES } from "./settings-words.ts";

export function UpdateChoice({ settings }: { settings: Settings }) {
  const { actions } = useSession();
  return (
    <RadioSetting
      title="Update notices"
      text="There is one release channel: Docker Desktop itself offers updates of this extension, and nothing is installed by itself. Choose which notices about Tailscale the panel shows."
      saved={settings.updateNotices}
      choices={UPDATE_NOTICES}
      save={(updateNotices) => actions.saveSettings({ updateNotices })}
    />
  );
}
