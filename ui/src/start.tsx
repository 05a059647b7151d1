import type { ComponentProps } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App.tsx";
import { createSession, type Session } from "./api/session.tsx";
import type { Connection } from "./host/connection.ts";
import { createDesktopHost } from "./host/desktop.ts";
import { ensureThemes } from "./theme/theme.ts";

/** Until then, index.html shows the same shape. Usually the answer is there, and drawing the loading screen first only delays the list. */
const FIRST_ANSWER_MS = 200;

/** Draws the panel of an extension host. `firstAnswer`: from `makeFirstCall`. */
export async function start(connection: Connection, firstAnswer: Promise<unknown>): Promise<void> {
  await draw(createSession(createDesktopHost(connection, firstAnswer)));
}

export async function draw(session: Session, gate?: ComponentProps<typeof App>["gate"]): Promise<void> {
  const root = document.getElementById("root");
  if (!root) return;
  ensureThemes();
  session.feed.start();
  await session.feed.nextAnswer(FIRST_ANSWER_MS);
  createRoot(root).render(<App session={session} gate={gate} />);
}
