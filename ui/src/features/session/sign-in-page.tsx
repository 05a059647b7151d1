import { Box, TextField, Typography } from "@mui/material";
import { type FormEvent, useState } from "react";
import type { Visitor, VisitorState } from "../../api/visitor.ts";
import { ActionButton } from "../../common/action-button.tsx";
import { Centred } from "../../common/centred.tsx";
import { CopyButton } from "../../common/copy-button.tsx";
import { FaultAlert } from "../../common/fault-alert.tsx";
import { LINK_COMMAND } from "../../host/web.ts";
import { codeOf } from "./panel-code.ts";

interface SignInPageProps {
  readonly visitor: Visitor;
  readonly state: Extract<VisitorState, { kind: "out" }>;
  readonly titleId?: string;
}

export function SignInPage({ visitor, state, titleId }: SignInPageProps) {
  return (
    <Centred>
      <Typography id={titleId} variant="h5" component="h1">
        Sign in to Tailnet Share
      </Typography>
      <Typography>
        {state.ended
          ? "Your session has ended. Sign in again to continue where you were."
          : "This page shares this computer's containers over Tailscale. Only somebody who can use its container engine gets in, by a one-time link."}
      </Typography>
      <Box component="section" aria-label="Get a link">
        <Typography>
          Run this on the computer with the containers, and open the link that it prints:
        </Typography>
        <Command />
      </Box>
      {state.problem && <FaultAlert severity="error" fault={state.problem} />}
      <CodeForm visitor={visitor} />
    </Centred>
  );
}

function Command() {
  return (
    <Box
      sx={{
        display: "flex",
        alignItems: "center",
        gap: 1,
        mt: 1,
        py: 0.5,
        pl: 1.5,
        pr: 0.5,
        border: 1,
        borderColor: "divider",
        borderRadius: 1,
      }}
    >
      <Box component="code" sx={{ flex: 1, minWidth: 0, fontSize: "0.8125rem", overflowWrap: "anywhere" }}>
        {LINK_COMMAND}
      </Box>
      <CopyButton text={LINK_COMMAND} name="the command" />
    </Box>
  );
}

/** For a link that opens elsewhere, such as on a computer without a browser. */
function CodeForm({ visitor }: { visitor: Visitor }) {
  const [text, setText] = useState("");
  const [sending, setSending] = useState(false);
  const [wrong, setWrong] = useState(false);

  async function send(event: FormEvent) {
    event.preventDefault();
    const code = codeOf(text);
    setWrong(code === null);
    if (code === null || sending) return;
    setSending(true);
    await visitor.signIn(code);
    setSending(false);
    // A code that was refused can't be used again. Any other failure may pass.
    const now = visitor.state.get();
    if (now.kind === "out" && now.problem?.code === "CODE_REFUSED") setText("");
  }
  return (
    <Box
      component="form"
      noValidate
      onSubmit={(event: FormEvent) => void send(event)}
      sx={{ display: "flex", flexWrap: "wrap", gap: 1, alignItems: "flex-start" }}
    >
      <TextField
        label="Link or code"
        size="small"
        autoFocus
        autoComplete="off"
        value={text}
        error={wrong}
        helperText={
          <span role="status">
            {wrong ? "This has no code. Copy the whole link." : "If the link can't open here, paste it."}
          </span>
        }
        onChange={(event) => {
          setText(event.target.value);
          setWrong(false);
        }}
        sx={{ flex: "1 1 240px" }}
        slotProps={{
          htmlInput: { autoCapitalize: "none", spellCheck: false },
          formHelperText: { sx: { mx: 0 } },
        }}
      />
      <ActionButton type="submit" variant="contained" off={sending} sx={{ flex: "none", height: 40 }}>
        {sending ? "Signing in…" : "Sign in"}
      </ActionButton>
    </Box>
  );
}
