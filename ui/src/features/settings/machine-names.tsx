import type { Settings } from "@tailnet-share/contract/settings";
import { useSession } from "../../api/session.tsx";
import { RadioSetting } from "./radio-setting.tsx";
import { MACHINE_NAMES, machineNamesEffect } from "./settings-words.ts";

/** `domain`: the suffix of every device's name; empty while unknown. */
export function MachineNames({ settings, domain }: { settings: Settings; domain: string }) {
  const { actions } = useSession();
  return (
    <RadioSetting
      title="Names of new machines"
      text="Default machine name. A number is added if it's taken."
      saved={settings.machineNames}
      choices={MACHINE_NAMES.map((choice) => ({
        ...choice,
        effect: machineNamesEffect(choice.value, domain),
      }))}
      save={(machineNames) => actions.saveSettings({ machineNames })}
    />
  );
}
