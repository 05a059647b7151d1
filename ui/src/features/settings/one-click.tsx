import type { Settings } from "@tailnet-share/contract/settings";
import { useSession } from "../../api/session.tsx";
import { RadioSetting } from "./radio-setting.tsx";
import { ONE_CLICK, oneClickEffect } from "./settings-words.ts";

export function OneClick({ settings }: { settings: Settings }) {
  const { actions } = useSession();
  return (
    <RadioSetting
      title="Default for new shares"
      text="Existing shares don't change."
      saved={settings.oneClick}
      choices={ONE_CLICK.map((choice) => ({
        ...choice,
        effect: oneClickEffect(choice.value, settings.oneClickMode),
      }))}
      save={(oneClick) => actions.saveSettings({ oneClick })}
    />
  );
}
