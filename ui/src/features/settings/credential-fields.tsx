import { Box, Button, Stack, TextField, Typography } from "@mui/material";
import type { NewMachineCredential } from "@tailnet-share/contract/machine";
import { type FormEvent, useState } from "react";
import { useSnapshot } from "../../api/session.tsx";
import { ExternalLink } from "../../common/external-link.tsx";
import { FaultAlert } from "../../common/fault-alert.tsx";
import { trustCredentials } from "../../model/help.ts";
import { SaveButton } from "./save-button.tsx";
import { type CredentialForm, credentialOf, credentialProblems, EMPTY_CREDENTIAL } from "./settings-form.ts";
import type { Saving } from "./use-saving.ts";

interface CredentialFieldsProps {
  readonly kind: CredentialForm["kind"];
  readonly saving: Saving;
  readonly onEdit: () => void;
  /** Resolves when the backend has tried the credential. Success closes this form and drops its input. */
  readonly onSave: (credential: NewMachineCredential) => Promise<void>;
  /** Closes the form; null when there is nothing to return to. */
  readonly onCancel: (() => void) | null;
}

type FieldName = keyof typeof EMPTY_CREDENTIAL;

interface Field {
  readonly name: FieldName;
  readonly label: string;
  readonly help: string;
  readonly secret: boolean;
}

const FIELDS: Record<CredentialForm["kind"], readonly Field[]> = {
  oauth: [
    {
      name: "clientId",
      label: "Client ID",
      help: "Create one with write access to Auth Keys and Devices Core.",
      secret: false,
    },
    {
      name: "clientSecret",
      label: "Client secret",
      help: "Shown once when you create the client. Not shown again here.",
      secret: true,
    },
    {
      name: "tags",
      label: "Tags",
      help: "Tags for new machines, for example tag:web. Must match the client's tags.",
      secret: false,
    },
  ],
  "auth-key": [
    {
      name: "authKey",
      label: "Auth key",
      help: "Create one in the admin console or with Headscale. Not shown again here.",
      secret: true,
    },
  ],
};

export function CredentialFields({ kind, saving, onEdit, onSave, onCancel }: CredentialFieldsProps) {
  const [form, setForm] = useState<CredentialForm>({ ...EMPTY_CREDENTIAL, kind });
  const problems = credentialProblems(form);
  const credential = credentialOf(form);
  const busy = saving.state === "saving";

  function send(event: FormEvent) {
    event.preventDefault();
    if (credential !== null && !busy) void onSave(credential);
  }
  function edit(name: FieldName, text: string) {
    setForm({ ...form, [name]: text });
    onEdit();
  }
  return (
    <Stack component="form" noValidate onSubmit={send} spacing={1.5} sx={{ mt: 1.5 }}>
      {FIELDS[kind].map(({ name, label, help, secret }) => (
        <TextField
          key={name}
          label={label}
          type={secret ? "password" : "text"}
          autoComplete="off"
          size="small"
          fullWidth
          value={form[name]}
          onChange={(event) => edit(name, event.target.value)}
          error={problems[name] !== undefined || (secret && saving.state === "refused")}
          helperText={problems[name] ?? help}
          slotProps={{ htmlInput: { spellCheck: false }, formHelperText: { sx: { mx: 0 } } }}
        />
      ))}
      {kind === "oauth" && <TrustCredentials />}
      {saving.state === "refused" && <FaultAlert severity="error" fault={saving.problem} />}
      <Box sx={{ display: "flex", gap: 1 }}>
        <SaveButton
          ready={credential !== null && !busy}
          name={`Save ${kind === "oauth" ? "OAuth client" : "auth key"}`}
        />
        {onCancel && <Button onClick={onCancel}>Cancel</Button>}
      </Box>
    </Stack>
  );
}

/** Leads to the page where the client is created. */
function TrustCredentials() {
  const snapshot = useSnapshot();
  const url = snapshot ? trustCredentials(snapshot) : null;
  if (url === null) return null;
  return (
    <Typography>
      <ExternalLink href={url}>Open Trust credentials</ExternalLink>
    </Typography>
  );
}
