import { Box, TextField } from "@mui/material";
import { type FormEvent, useState } from "react";
import { ActionButton } from "../../common/action-button.tsx";
import { Changes } from "../../common/changes.tsx";
import { Disclosure } from "../../common/disclosure.tsx";
import {
  authKeyProblem,
  controlUrlProblem,
  hostnameProblem,
  type LoginForm,
} from "../../model/login-form.ts";

interface LoginOptionsProps {
  readonly form: LoginForm;
  readonly onChange: (form: LoginForm) => void;
  readonly onAuthKey: (key: string) => void;
  readonly blocked: boolean;
}

/** Folds options that most people never need. */
export default function LoginOptions({ form, onChange, onAuthKey, blocked }: LoginOptionsProps) {
  const controlProblem = controlUrlProblem(form.controlUrl);
  const nameProblem = hostnameProblem(form.hostname);
  return (
    <Changes>
      <Box>
        <Disclosure title="Use an auth key">
          <AuthKeyForm onSend={onAuthKey} blocked={blocked} />
        </Disclosure>
        <Disclosure title="Use another control server">
          <TextField
            label="Control server"
            placeholder="https://headscale.example.com"
            size="small"
            fullWidth
            value={form.controlUrl}
            onChange={(event) => onChange({ ...form, controlUrl: event.target.value.trim() })}
            error={controlProblem !== null}
            helperText={controlProblem ?? "For Headscale. Leave empty to use Tailscale."}
          />
        </Disclosure>
        <Disclosure title="Machine name">
          <TextField
            label="Machine name"
            size="small"
            fullWidth
            value={form.hostname}
            onChange={(event) => onChange({ ...form, hostname: event.target.value })}
            error={nameProblem !== null}
            helperText={nameProblem ?? "How this computer's Docker appears in your tailnet."}
          />
        </Disclosure>
      </Box>
    </Changes>
  );
}

function AuthKeyForm({ onSend, blocked }: { onSend: (key: string) => void; blocked: boolean }) {
  const [key, setKey] = useState("");
  const problem = authKeyProblem(key);
  const ready = key !== "" && problem === null && !blocked;

  function send(event: FormEvent) {
    event.preventDefault();
    if (!ready) return;
    onSend(key);
    // Drops the key from the panel's state, whatever the outcome.
    setKey("");
  }
  return (
    <Box component="form" onSubmit={send} sx={{ display: "flex", gap: 1, alignItems: "flex-start" }}>
      <TextField
        label="Auth key"
        type="password"
        autoComplete="off"
        size="small"
        fullWidth
        value={key}
        onChange={(event) => setKey(event.target.value.trim())}
        error={problem !== null}
        helperText={problem ?? "Create one under Settings → Keys in the admin console. It isn't stored."}
      />
      <ActionButton type="submit" variant="outlined" off={!ready} sx={{ flex: "none", height: 40 }}>
        Log in with auth key
      </ActionButton>
    </Box>
  );
}
