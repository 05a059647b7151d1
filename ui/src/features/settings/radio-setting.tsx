import { RadioGroup } from "@mui/material";
import { useId, useState } from "react";
import type { Problem } from "../../host/problem.ts";
import { RadioLine } from "./radio-line.tsx";
import { Outcome } from "./saving-outcome.tsx";
import { Section } from "./section.tsx";
import { useSaving } from "./use-saving.ts";

interface RadioSettingProps<T extends string> {
  readonly title: string;
  readonly text: string;
  readonly saved: T;
  readonly choices: ReadonlyArray<{ readonly value: T; readonly label: string; readonly effect: string }>;
  readonly save: (value: T) => Promise<Problem | null>;
}

/** Saves a choice as soon as it is picked. On failure, returns to the previous choice and shows the reason. */
export function RadioSetting<T extends string>({ title, text, saved, choices, save }: RadioSettingProps<T>) {
  const id = useId();
  const { saving, run } = useSaving();
  const [asked, setAsked] = useState<T | null>(null);

  async function pick(value: T) {
    setAsked(value);
    await run(() => save(value));
    setAsked(null);
  }
  return (
    <Section id={id} title={title} text={text}>
      <RadioGroup
        aria-labelledby={id}
        value={asked ?? saved}
        onChange={(_event, picked) => {
          const choice = choices.find(({ value }) => value === picked);
          if (choice) void pick(choice.value);
        }}
      >
        {choices.map(({ value, label, effect }) => (
          <RadioLine key={value} value={value} label={label} effect={effect} />
        ))}
      </RadioGroup>
      <Outcome saving={saving} />
    </Section>
  );
}
