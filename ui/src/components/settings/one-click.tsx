import { RadioGroup } from "@mui/material";
import { type Settings, Settings as SettingsSchema } from "@tailnet-share/contract/model";
import { useId, useState } from "react";
import { useSession } from "../../api/session.tsx";
import { ONE_CLICK, oneClickEffect } from "../../model/settings-words.ts";
import { Outcome } from "./outcome.tsx";
import { RadioLine } from "./radio-line.tsx";
import { Section } from "./section.tsx";
import { useSaving } from "./use-saving.ts";

const OneClickValue = SettingsSchema.shape.oneClick;

export function OneClick({ settings }: { settings: Settings }) {
  const { actions } = useSession();
  const id = useId();
  const { saving, run } = useSaving();
  const [asked, setAsked] = useState<Settings["oneClick"] | null>(null);

  async function pick(oneClick: Settings["oneClick"]) {
    setAsked(oneClick);
    await run(() => actions.saveSettings({ oneClick }));
    setAsked(null);
  }
  return (
    <Section
      id={id}
      title="What one click does"
      text="For what you share from now on. What is shared already stays as it is."
    >
      <RadioGroup
        aria-labelledby={id}
        value={asked ?? settings.oneClick}
        onChange={(_event, value) => void pick(OneClickValue.parse(value))}
      >
        {ONE_CLICK.map(({ value, label }) => (
          <RadioLine
            key={value}
            value={value}
            label={label}
            effect={oneClickEffect(value, settings.oneClickMode)}
          />
        ))}
      </RadioGroup>
      <Outcome saving={saving} />
    </Section>
  );
}
