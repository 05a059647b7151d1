import { ErrorBody } from "@tailnet-share/contract/errors";
import { API_PREFIX } from "@tailnet-share/contract/session";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openEngine } from "../../src/engine/engine.ts";
import { type AskResult, ask } from "../../src/lib/ask.ts";
import { launchChromium } from "../../src/lib/chromium.ts";
import { createSteps } from "../../src/lib/steps.ts";
import { waitFor } from "../../src/lib/wait-for.ts";
import { type DocumentedRun, openDocumentedRun } from "../fixtures/documented-run.ts";

async function answerOf(url: string): Promise<AskResult> {
  return await waitFor(async () => await ask(url, { timeoutMs: 2_000 }).catch(() => null), {
    what: "the panel's port to answer",
    timeoutMs: 10_000,
  });
}

describe("a backend that can't start with its environment", () => {
  let run: DocumentedRun;

  beforeAll(async () => {
    run = await openDocumentedRun(await openEngine(createSteps(() => {})));
  });
  afterAll(async () => await run?.close());

  it.each([
    ["TAILNET_SHARE_PANEL", "yes", "must be on or off"],
    ["TAILNET_SHARE_PANEL_URL", "127.0.0.1:4180", "must begin with http:// or https://"],
    ["TAILNET_SHARE_LOG_LEVEL", "verbose", "must be debug, info, warn or error"],
    ["TAILNET_SHARE_STATE", "state", "must be an absolute path"],
  ])(
    "says in one line what %s=%s must be, and in the panel, with a code and the next step",
    async (name, value, must) => {
      const { backend, page } = await run.create({ env: { [name]: value } });
      const { status, body } = await answerOf(`${page.url}${API_PREFIX}/snapshot`);
      const { error } = ErrorBody.parse(JSON.parse(body));
      expect([status, error.code, error.message]).toEqual([502, "ENVIRONMENT_UNUSABLE", `${name} ${must}.`]);
      expect(error.hint).toContain("Change or remove it");
      const lines = (await backend.logs()).trim().split("\n");
      expect(lines).toHaveLength(1);
      for (const words of ["FATAL backend.misconfigured", "ENVIRONMENT_UNUSABLE", `${name} ${must}.`])
        expect(lines[0]).toContain(words);
      expect((await backend.exec(["ps", "-o", "comm"])).stdout).not.toContain("tailscaled");
    },
  );

  it("shows a browser the reason, and later the panel", async () => {
    const { page } = await run.create({ env: { TAILNET_SHARE_PANEL: "yes" } });
    await answerOf(page.url);
    const browser = await launchChromium();
    try {
      const tab = await browser.newPage();
      await tab.goto(page.url);
      await tab.getByText("TAILNET_SHARE_PANEL must be on or off.").waitFor();
      await tab.getByText("This page tries again").waitFor();
      await run.start();
      await tab.goto(page.url);
      await tab.getByRole("heading", { name: "Sign in to Tailnet Share" }).waitFor();
    } finally {
      await browser.close();
    }
  });

  it("writes that line as JSON for programs", async () => {
    const env = { TAILNET_SHARE_LOG_FORMAT: "json", TAILNET_SHARE_PANEL: "yes" };
    const { backend } = await run.create({ env });
    await expect.poll(async () => await backend.logs(), { timeout: 10_000 }).toContain("}\n");
    const [line = ""] = (await backend.logs()).split("\n");
    expect(JSON.parse(line)).toMatchObject({ event: "backend.misconfigured", code: "ENVIRONMENT_UNUSABLE" });
  });

  it("starts once the variables are right, and takes empty ones for ones that are not set", async () => {
    const { api } = await run.start({ env: { TAILNET_SHARE_LOG_LEVEL: "", TAILNET_SHARE_CA_FILE: "" } });
    await api.waitFor(
      "the engine",
      ({ engine, alerts }) => engine.state === "connected" && alerts.length === 0,
    );
  });
});
