import type { Settings } from "@tailnet-share/contract/model";
import { useSession } from "../../api/session.tsx";
import { UPDATE_NOTICES } from "../../model/settings-words.ts";
import { RadioSetting } from "./radio-setting.tsx";

export function UpdateChoice({ settings }: { settings: Settings }) {
  const { actions } = useSession();
  return (
    <RadioSetting
      title="Update notices"
      text="As your tailnet's control server tells of them. Nothing is installed by itself."
      saved={settings.updateNotices}
      choices={UPDATE_NOTICES}
      save={(updateNotices) => actions.saveSettings({ updateNotices })}
    />
  );
}
