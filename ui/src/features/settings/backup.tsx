import { Box, Button, Stack, TextField, Typography } from "@mui/material";
import type { Backup as BackupFile } from "@tailnet-share/contract/backup";
import type { Snapshot } from "@tailnet-share/contract/snapshot";
import { type ChangeEvent, type FormEvent, useEffect, useId, useRef, useState } from "react";
import { useSession } from "../../api/session.tsx";
import { ActionButton } from "../../common/action-button.tsx";
import { OptionCheck } from "../../common/option-check.tsx";
import { intoView, readFile } from "../../host/browser.ts";
import { Problem } from "../../host/problem.ts";
import { plural } from "../../model/format.ts";
import { backupFileName, backupWords, parseBackupFile, passphraseProblem } from "./backup-file.ts";
import { Outcome } from "./saving-outcome.tsx";
import { Section } from "./section.tsx";
import { useSaving } from "./use-saving.ts";

/** Moves the shares and the node's identity to another machine. */
export function Backup({ snapshot }: { snapshot: Snapshot }) {
  const id = useId();
  return (
    <Section
      id={id}
      title="Back up and restore"
      text="Save shares and settings to a file. Credentials aren't included."
    >
      <Stack spacing={2.5} sx={{ mt: 0.5 }}>
        <Make />
        <RestoreForm shares={snapshot.workloads.filter(({ share }) => share !== null).length} />
      </Stack>
    </Section>
  );
}

function Make() {
  const { actions, host } = useSession();
  const { saving, run, reset } = useSaving();
  const [withIdentities, setWithIdentities] = useState(false);
  const [passphrase, setPassphrase] = useState("");
  const problem = passphraseProblem(passphrase);
  const ready = saving.state !== "saving" && (!withIdentities || (passphrase !== "" && problem === null));

  function send(event: FormEvent) {
    event.preventDefault();
    if (!ready) return;
    void run(async () => {
      const made = await actions.backup(withIdentities ? { passphrase } : {});
      if (made instanceof Problem) return made;
      host.save(backupFileName(made), JSON.stringify(made, null, 2));
      return null;
    });
  }
  return (
    <Box component="form" noValidate onSubmit={send}>
      <OptionCheck
        label="Include device identities"
        effect="Keeps names and addresses. Anyone with the file and passphrase can impersonate these devices."
        checked={withIdentities}
        onChange={(checked) => {
          setWithIdentities(checked);
          reset();
        }}
      />
      <Box sx={{ display: "flex", flexWrap: "wrap", gap: 1, alignItems: "flex-start", mt: 1.5 }}>
        {withIdentities && (
          <PassphraseField
            label="Passphrase for the backup"
            help={problem ?? "It can't be recovered. Keep it separate from the file."}
            wrong={problem !== null}
            value={passphrase}
            onChange={(text) => {
              setPassphrase(text);
              reset();
            }}
          />
        )}
        <DoButton ready={ready}>Back up</DoButton>
      </Box>
      <Outcome saving={saving} busy="Making the backup…" />
    </Box>
  );
}

function RestoreForm({ shares }: { shares: number }) {
  const { actions } = useSession();
  const { saving, run, reset } = useSaving();
  /** The user's file: null before a file is picked, `wrong` when it is not a backup. */
  const [picked, setPicked] = useState<BackupFile | "wrong" | null>(null);
  const [passphrase, setPassphrase] = useState("");
  const form = useRef<HTMLFormElement>(null);
  const backup = picked === "wrong" ? null : picked;
  const ready = backup !== null && saving.state !== "saving" && passphraseProblem(passphrase) === null;

  // The file's description appears below the button, possibly out of view.
  useEffect(() => {
    if (picked !== null) intoView(form.current);
  }, [picked]);

  async function pick(file: File) {
    reset();
    setPicked(parseBackupFile(await readFile(file)) ?? "wrong");
  }
  function send(event: FormEvent) {
    event.preventDefault();
    if (!ready) return;
    void run(async () => {
      const refused = await actions.restore(passphrase === "" ? { backup } : { backup, passphrase });
      if (refused === null) setPicked(null);
      return refused;
    });
  }
  return (
    <Box ref={form} component="form" noValidate onSubmit={send}>
      <FilePicker onFile={pick} />
      {picked === "wrong" && (
        <Typography color="error" role="alert" sx={{ mt: 1 }}>
          This isn't a Tailnet Share backup.
        </Typography>
      )}
      {backup && (
        <PickedBackup
          backup={backup}
          shares={shares}
          ready={ready}
          passphrase={passphrase}
          onPassphrase={(text) => {
            setPassphrase(text);
            reset();
          }}
        />
      )}
      <Outcome saving={saving} busy="Restoring…" done="Restored" />
    </Box>
  );
}

function FilePicker({ onFile }: { onFile: (file: File) => Promise<void> }) {
  const input = useRef<HTMLInputElement>(null);
  async function pick(event: ChangeEvent<HTMLInputElement>) {
    const [file] = event.target.files ?? [];
    if (file === undefined) return;
    await onFile(file);
    // Lets the user pick the same file again after changing it.
    event.target.value = "";
  }
  return (
    <>
      <input
        ref={input}
        type="file"
        accept=".json,application/json"
        aria-label="Backup file"
        onChange={(event) => void pick(event)}
        hidden
      />
      <Button size="small" variant="outlined" onClick={() => input.current?.click()}>
        Choose a backup to restore
      </Button>
    </>
  );
}

interface PickedBackupProps {
  readonly backup: BackupFile;
  /** Number of shares that the backup replaces. */
  readonly shares: number;
  readonly ready: boolean;
  readonly passphrase: string;
  readonly onPassphrase: (text: string) => void;
}

function PickedBackup({ backup, shares, ready, passphrase, onPassphrase }: PickedBackupProps) {
  const problem = passphraseProblem(passphrase);
  return (
    <Box sx={{ mt: 1 }}>
      <Typography sx={{ overflowWrap: "anywhere" }}>{backupWords(backup)}</Typography>
      <Typography color="text.secondary">
        {shares === 0
          ? "Restores its shares and settings."
          : `Replaces your settings and ${plural(shares, "share", "shares")}. Anything not in the backup stops being shared.`}
      </Typography>
      <Box sx={{ display: "flex", flexWrap: "wrap", gap: 1, alignItems: "flex-start", mt: 1.5 }}>
        {backup.identities !== null && (
          <PassphraseField
            label="Passphrase of the backup"
            help={
              problem ??
              "Takes over the backed-up device, which must be stopped. Leave empty to restore shares only."
            }
            wrong={problem !== null}
            value={passphrase}
            onChange={onPassphrase}
          />
        )}
        <DoButton ready={ready}>Restore</DoButton>
      </Box>
    </Box>
  );
}

interface PassphraseFieldProps {
  readonly label: string;
  readonly help: string;
  readonly wrong: boolean;
  readonly value: string;
  readonly onChange: (text: string) => void;
}

function PassphraseField({ label, help, wrong, value, onChange }: PassphraseFieldProps) {
  return (
    <TextField
      label={label}
      type="password"
      autoComplete="off"
      size="small"
      value={value}
      error={wrong}
      helperText={help}
      onChange={(event) => onChange(event.target.value)}
      sx={{ flex: "1 1 240px" }}
      slotProps={{ htmlInput: { spellCheck: false }, formHelperText: { sx: { mx: 0 } } }}
    />
  );
}

function DoButton({ ready, children }: { ready: boolean; children: string }) {
  return (
    <ActionButton type="submit" variant="outlined" off={!ready} sx={{ flex: "none", height: 40 }}>
      {children}
    </ActionButton>
  );
}
