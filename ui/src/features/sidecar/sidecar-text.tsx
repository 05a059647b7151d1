import { Box, FormControlLabel, Radio, RadioGroup, Stack, Typography } from "@mui/material";
import type { Workload } from "@tailnet-share/contract/workload";
import { useId, useState } from "react";
import { useSnapshot } from "../../api/session.tsx";
import { CopyButton } from "../../common/copy-button.tsx";
import { fullName } from "../../model/names.ts";
import {
  bundledTag,
  composeFile,
  dockerRun,
  KEY_FILE,
  type KeySource,
  type Sidecar,
  sidecarOf,
} from "./sidecar.ts";
import { TagField } from "./tag-field.tsx";

type Form = "compose" | "run";

interface FormWords {
  readonly name: string;
  readonly write: (sidecar: Sidecar) => string;
  readonly key: Record<KeySource, string>;
}

const FORMS: Record<Form, FormWords> = {
  compose: {
    name: "compose file",
    write: composeFile,
    key: {
      environment: "Set TS_AUTHKEY in your shell or in a file called .env beside it.",
      file: `Put the key into ${KEY_FILE} beside it.`,
    },
  },
  run: {
    name: "docker run",
    write: dockerRun,
    key: {
      environment: "Export TS_AUTHKEY in your shell first.",
      file: `Put the key into ${KEY_FILE} in the folder where you run it.`,
    },
  },
};

interface SidecarTextProps {
  readonly workload: Workload;
  readonly form: Form;
  /** Tag of Tailscale's image; empty for the bundled release. */
  readonly tag: string;
  readonly onTag: (tag: string) => void;
}

export function SidecarText({ workload, form, tag, onTag }: SidecarTextProps) {
  const snapshot = useSnapshot();
  const [keySource, setKeySource] = useState<KeySource>("environment");
  if (!snapshot) return null;
  const { settings, versions } = snapshot;
  const { name, write, key } = FORMS[form];
  const bundled = bundledTag(versions);
  const sidecar = sidecarOf(workload, settings, keySource, tag || bundled);
  const text = write(sidecar);
  const what = `${name} of ${fullName(workload)}`;
  return (
    <Stack spacing={1.5}>
      <Typography color="text.secondary">{effectOf(workload, sidecar)}</Typography>
      <KeyChoice keySource={keySource} effect={key[keySource]} onPick={setKeySource} />
      <TagField tag={tag} fallback={bundled} onTag={onTag} />
      <Box sx={{ display: "flex", alignItems: "flex-start", gap: 1 }}>
        <Box
          role="group"
          aria-label={what}
          sx={{ flex: 1, minWidth: 0, border: 1, borderColor: "divider", borderRadius: 1, px: 1.5, py: 1 }}
        >
          <Typography
            component="pre"
            // Wraps instead of scrolling sideways: everything stays visible, and copying is unaffected.
            sx={{ m: 0, fontFamily: "monospace", whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}
          >
            {text}
          </Typography>
        </Box>
        <CopyButton text={text} name={what} summary={`the ${what}`} />
      </Box>
    </Stack>
  );
}

/** Explains how the export differs from the share, and what the panel does not know about the container. */
function effectOf({ share }: Workload, { hostname }: Sidecar): string {
  const machine = share?.machine ?? null;
  return [
    `Runs Tailscale as a sidecar named '${hostname}', without Tailnet Share.`,
    "All listening ports are reachable, subject to your access controls, and it can connect to your other devices.",
    "Add your own volumes, environment and command.",
    ...(machine
      ? [
          "To free the name, turn this share off first and remove its device in the admin console if it's still listed.",
        ]
      : []),
    ...(machine && machine.httpsPort !== null ? ["HTTPS isn't included."] : []),
  ].join(" ");
}

interface KeyChoiceProps {
  readonly keySource: KeySource;
  readonly effect: string;
  readonly onPick: (keySource: KeySource) => void;
}

function KeyChoice({ keySource, effect, onPick }: KeyChoiceProps) {
  const id = useId();
  const label = (text: string) => <Typography>{text}</Typography>;
  return (
    <div>
      <Typography id={`${id}-label`} sx={{ fontWeight: 600 }}>
        Auth key
      </Typography>
      <RadioGroup
        row
        aria-labelledby={`${id}-label`}
        aria-describedby={`${id}-effect`}
        value={keySource}
        onChange={(_event, value) => onPick(value === "file" ? "file" : "environment")}
      >
        <FormControlLabel
          value="environment"
          control={<Radio size="small" />}
          label={label("From the environment")}
        />
        <FormControlLabel value="file" control={<Radio size="small" />} label={label("From a file")} />
      </RadioGroup>
      <Typography id={`${id}-effect`} color="text.secondary">
        {effect}
      </Typography>
    </div>
  );
}
