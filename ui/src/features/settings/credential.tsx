import { Box, Button, RadioGroup, Typography } from "@mui/material";
import type { MachineCredential, NewMachineCredential } from "@tailnet-share/contract/machine";
import { useId, useState } from "react";
import { useSession } from "../../api/session.tsx";
import { CredentialFields } from "./credential-fields.tsx";
import { RadioLine } from "./radio-line.tsx";
import { Outcome } from "./saving-outcome.tsx";
import { Section } from "./section.tsx";
import { tagsOf, tagsProblem, tagsText } from "./settings-form.ts";
import { CREDENTIAL_EFFECT, CREDENTIAL_LABEL } from "./settings-words.ts";
import { TextSetting } from "./text-setting.tsx";
import { useSaving } from "./use-saving.ts";

type Kind = MachineCredential["kind"];

const KINDS: readonly Kind[] = ["none", "oauth", "auth-key"];

/** `begins`: the kind whose fields are open at first; null for none. */
export function Credential({
  credential,
  begins = null,
}: {
  credential: MachineCredential;
  begins?: Kind | null;
}) {
  const { actions } = useSession();
  const id = useId();
  const { saving, run, reset } = useSaving();
  /** The kind being entered; null while none is. */
  const [entering, setEntering] = useState<Kind | null>(begins);
  // A click removes the focused element; its replacement takes the focus.
  const [clicked, setClicked] = useState(false);
  const kind = entering ?? credential.kind;

  async function save(next: NewMachineCredential) {
    setClicked(true);
    if (await run(() => actions.saveSettings({ machineCredential: next }))) setEntering(null);
  }
  function enter(next: Kind | null) {
    reset();
    setEntering(next);
  }
  return (
    <Section id={id} title="Machine credential" text="Lets own machines join without a login link.">
      {entering === null && credential.kind !== "none" ? (
        <WhatIsSet
          credential={credential}
          autoFocus={clicked}
          onReplace={() => {
            setClicked(true);
            enter(credential.kind);
          }}
          onRemove={() => void save({ kind: "none" })}
        />
      ) : (
        <KindChoice id={id} saved={credential.kind} kind={kind} autoFocus={clicked} onPick={enter} />
      )}
      {entering !== null && entering !== "none" && (
        <CredentialFields
          key={entering}
          kind={entering}
          saving={saving}
          onEdit={reset}
          onSave={save}
          onCancel={credential.kind === "none" ? null : () => enter(null)}
        />
      )}
      {/* The form shows a refusal at its field. */}
      {!(entering !== null && saving.state === "refused") && (
        <Outcome saving={saving} busy={entering === null ? "Saving…" : "Testing…"} />
      )}
    </Section>
  );
}

interface KindChoiceProps {
  /** ID of the heading. */
  readonly id: string;
  readonly saved: Kind;
  readonly kind: Kind;
  readonly autoFocus: boolean;
  /** Called with null for no credential. */
  readonly onPick: (kind: Kind | null) => void;
}

function KindChoice({ id, saved, kind, autoFocus, onPick }: KindChoiceProps) {
  return (
    <RadioGroup
      aria-labelledby={id}
      value={kind}
      onChange={(_event, value) => {
        const picked = KINDS.find((option) => option === value) ?? "none";
        onPick(picked === "none" ? null : picked);
      }}
    >
      {KINDS.filter((option) => option !== "none" || saved === "none").map((option) => (
        <RadioLine
          key={option}
          value={option}
          label={CREDENTIAL_LABEL[option]}
          effect={CREDENTIAL_EFFECT[option]}
          autoFocus={autoFocus && option === kind}
        />
      ))}
    </RadioGroup>
  );
}

interface WhatIsSetProps {
  readonly credential: Exclude<MachineCredential, { kind: "none" }>;
  readonly autoFocus: boolean;
  readonly onReplace: () => void;
  readonly onRemove: () => void;
}

const SHORT = { oauth: "OAuth client", "auth-key": "auth key" } as const;

/** Never shows the secret: the backend accepts it and does not return it. */
function WhatIsSet({ credential, autoFocus, onReplace, onRemove }: WhatIsSetProps) {
  const { actions } = useSession();
  const what = CREDENTIAL_LABEL[credential.kind];
  return (
    <>
      <Typography sx={{ overflowWrap: "anywhere" }}>
        {credential.kind === "oauth" ? `${what} ${credential.clientId}` : what}: set
        {credential.ending === "" ? "" : `, ends in ${credential.ending}`}
      </Typography>
      <Typography color="text.secondary">
        {CREDENTIAL_EFFECT[credential.kind]} Without it, each new machine needs a login link.
      </Typography>
      {credential.kind === "oauth" && (
        <Box sx={{ mt: 2 }}>
          <TextSetting
            label="Tags"
            saved={tagsText(credential.tags)}
            effect="Tags for new machines. They are tested with the stored secret."
            busy="Testing…"
            problemOf={tagsProblem}
            save={(text) => actions.saveSettings({ machineTags: tagsOf(text) })}
          />
        </Box>
      )}
      <Box sx={{ display: "flex", gap: 1, mt: 1 }}>
        <Button
          size="small"
          variant="outlined"
          autoFocus={autoFocus}
          aria-label={`Replace ${SHORT[credential.kind]}`}
          onClick={onReplace}
        >
          Replace
        </Button>
        <Button size="small" aria-label={`Remove ${SHORT[credential.kind]}`} onClick={onRemove}>
          Remove
        </Button>
      </Box>
    </>
  );
}
