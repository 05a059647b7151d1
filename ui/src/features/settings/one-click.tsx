import type { Settings } from "@tailnet-share/contract/settings";
import { useSession } from "../../api/session.tsx";
import { RadioSetting } from "./radio-setting.tsx";
import { ONE_CLICK, oneClickEffect } from "./settings-words.ts";

export function OneClick({ settings }: { settings: Settings }) {
  const { actions } = useSession();
  return (
    <RadioSetting
      title="What one click does"
      text="For what you share from now on. What is shared already stays as it is."
      saved={settings.oneClick}
      choices={ONE_CLICK.map((choice) => ({
        ...choice,
        effect: oneClickEffect(choice.value, settings.oneClickMode),
      }))}
      save={(oneClick) => actions.saveSettings({ oneClick })}
    />
  );
}
