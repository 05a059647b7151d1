import { createRoot } from "react-dom/client";
import { App } from "../App.tsx";
import { createSession } from "../api/session.tsx";
import { Problem } from "../host/problem.ts";
import { WEB_WORDS } from "../host/web.ts";
import { DESKTOP_WORDS } from "../host/words.ts";
import { createFakeHost, type FakeHost } from "../testing/fake-host.ts";
import { snapshot } from "../testing/fixtures.ts";
import { inBrowser } from "../testing/in-browser.ts";
import { ensureThemes } from "../theme/theme.ts";
import { drawIndex } from "./index-page.ts";
import { performSteps } from "./perform-steps.ts";
import type { Answer, GalleryState, Lack } from "./state.ts";
import { STATES } from "./states.ts";
import { setTheme } from "./theme.ts";

/** `gallery.html#state=<id>&theme=dark` renders one state; without a state it renders the index of all. */
const asked = new URLSearchParams(location.hash.slice(1));
const state = STATES.find(({ id }) => id === asked.get("state"));
addEventListener("hashchange", () => location.reload());

setTheme(asked.get("theme"));
// Nobody gives a theme to a panel in a browser.
if (state?.you !== undefined) Object.assign(window, { __ddMuiV6Themes: undefined });
ensureThemes();
if (asked.has("state")) void perform(state);
else drawIndex(STATES);

/** Reports progress in `data-gallery` on the page for screenshot tools: `drawing`, then `ready`, or `failed: …`. */
async function perform(wanted: GalleryState | undefined): Promise<void> {
  const page = document.documentElement;
  page.dataset.gallery = "drawing";
  try {
    if (!wanted) throw new Error(`there is no state '${asked.get("state")}'`);
    await draw(wanted);
    page.dataset.gallery = "ready";
  } catch (reason) {
    page.dataset.gallery = `failed: ${String(reason)}`;
    throw reason;
  }
}

async function draw(state: GalleryState): Promise<void> {
  const { title, snapshot: first, answers = {}, you, lacks, steps = [] } = state;
  document.title = title;
  const root = document.getElementById("root");
  if (!root) throw new Error("the page has no root");
  const host = createFakeHost(first ?? snapshot(), you === undefined ? DESKTOP_WORDS : WEB_WORDS);
  host.reachable(first !== null);
  for (const [route, answer] of Object.entries(answers)) host.on(route, () => given(answer));
  if (you !== undefined) host.on("GET /session", () => ({ you }));
  const shown = without(lacks, host);
  const app = you === undefined ? { session: createSession(shown) } : inBrowser(shown);
  createRoot(root).render(<App {...app} />);
  await performSteps(steps, stageOf(host));
  await document.fonts.ready;
}

function without(lack: Lack | undefined, host: FakeHost): FakeHost {
  switch (lack?.what) {
    case undefined:
      return host;
    case "clipboard":
      return { ...host, copy: async () => false };
    case "browser":
      return { ...host, openExternal: () => false };
    case "memory":
      return {
        ...host,
        recall(key) {
          if (key === lack.key) throw new Error(`nothing can be remembered of ${key}`);
          return host.recall(key);
        },
      };
  }
}

function stageOf(host: FakeHost) {
  return { clock: host.clock, loseBackend: () => host.reachable(false) };
}

function given(answer: Answer): unknown {
  switch (answer.kind) {
    case "body":
      return answer.body;
    case "refusal":
      throw Problem.fromFault(answer.fault);
    case "none":
      return new Promise(() => {});
  }
}
