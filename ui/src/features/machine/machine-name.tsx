import { Box, Button, TextField, Typography } from "@mui/material";
import type { NameCheck } from "@tailnet-share/contract/machine";
import type { Workload } from "@tailnet-share/contract/workload";
import type { FormEvent } from "react";
import { useMayChange } from "../../api/session.tsx";
import { LOOK_ONLY } from "../../common/changes.tsx";
import { CopyButton } from "../../common/copy-button.tsx";
import { useDraft } from "../../common/use-draft.ts";
import { useQueued } from "../../common/use-queued.ts";
import { hostnameProblem } from "../../model/login-form.ts";
import { fullName } from "../../model/names.ts";
import { dnsNameOf } from "../../model/tailnet.ts";
import { useNameCheck } from "./use-name-check.ts";

interface MachineNameProps {
  readonly workload: Workload;
  /** The share's name, or the typed name before there is a share. */
  readonly saved: string;
  /** The workload's current or proposed name, which needs no check. */
  readonly own: string;
  /** The machine's actual full name; empty while it has none. */
  readonly dnsName: string;
  readonly domain: string;
  /** The machine answers at `dnsName`, so the name is worth copying. */
  readonly live: boolean;
  readonly busy: boolean;
  /** Called at every keystroke, also with an invalid name. */
  readonly onType?: (text: string) => void;
  /** Resolves to false when refused; the field then returns to the saved name. */
  readonly save: (name: string) => Promise<boolean>;
}

/** Saves on Enter or when the field loses focus. Never saves a half-typed name or one that another device has. */
export function MachineName(props: MachineNameProps) {
  const { workload, saved, dnsName, domain, live } = props;
  const mayChange = useMayChange();
  const { text, problem, taken, write, send } = useMachineName(props);
  const full = text === saved && dnsName !== "" ? dnsName : dnsNameOf(text, domain);
  return (
    <Box
      component="form"
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        if (!taken) send(text);
      }}
      sx={{ width: "19rem", maxWidth: "100%" }}
    >
      <TextField
        label="Machine name"
        size="small"
        fullWidth
        value={text}
        data-hint={mayChange ? undefined : LOOK_ONLY}
        error={problem !== null || taken !== null}
        helperText={problem ?? full}
        onChange={(event) => write(event.target.value)}
        onBlur={() => taken || send(text)}
        slotProps={{
          htmlInput: {
            // Not disabled, so that the name can be read and copied.
            readOnly: !mayChange,
            autoCapitalize: "none",
            autoComplete: "off",
            spellCheck: false,
          },
          input: {
            endAdornment: live && text === saved && dnsName !== "" && (
              <CopyButton text={dnsName} name={`${dnsName}, the machine of ${fullName(workload)}`} />
            ),
          },
          formHelperText: { sx: { mx: 0, overflowWrap: "anywhere" } },
        }}
      />
      {dnsName !== "" && (
        <Typography variant="caption" component="div" color="text.secondary">
          Renaming breaks existing links.
        </Typography>
      )}
      <TakenName
        taken={taken}
        onUse={(proposal) => {
          write(proposal);
          send(proposal);
        }}
      />
    </Box>
  );
}

/** The typed name, what is wrong with it, and how it is saved. */
function useMachineName({ workload, saved, own, busy, onType, save }: MachineNameProps) {
  const [text, setText] = useDraft(saved);
  const problem = hostnameProblem(text);
  const { known, ask } = useNameCheck(workload.id, problem === null && text !== own ? text : null);
  const taken = known?.taken ? known : null;

  const [saving, put] = useQueued<string>(busy, async (name) => {
    if (name === saved || (await ask(name))?.taken) return;
    if (!(await save(name))) setText(saved);
  });

  function send(name: string) {
    if (hostnameProblem(name) === null && name !== (saving ?? saved)) put(name);
  }
  function write(next: string) {
    setText(next);
    onType?.(next);
  }
  return { text, problem, taken, write, send };
}

interface TakenNameProps {
  /** The answer that the name is taken; null while no other device is known to have it. */
  readonly taken: NameCheck | null;
  readonly onUse: (proposal: string) => void;
}

function TakenName({ taken, onUse }: TakenNameProps) {
  return (
    <Box role="status">
      {taken && (
        <>
          <Typography component="span" color="error">
            {taken.name} is taken in your tailnet.
          </Typography>
          {taken.proposal !== taken.name && (
            <Button size="small" onClick={() => onUse(taken.proposal)}>
              Use {taken.proposal}
            </Button>
          )}
        </>
      )}
    </Box>
  );
}
