import { screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { Problem } from "../../host/problem.ts";
import { LINK_COMMAND } from "../../host/web.ts";
import { LOOKING, snapshot } from "../../testing/fixtures.ts";
import { renderInBrowser } from "../../testing/render-panel.tsx";

const YOU = { name: "the one-time link", role: "edit", door: "link" } as const;
const CODE = "Zm9vYmFyMTIz";
const refusal = new Problem("CODE_REFUSED", "This link doesn't work.", "Get another one.");
const field = () => screen.getByRole<HTMLInputElement>("textbox", { name: "Link or code" });
const list = () => screen.queryByRole("list", { name: "Containers" });

describe("the page to sign in", () => {
  it("says how to get a link and copies the command, and shows nothing of the panel", async () => {
    const { host, user } = await renderInBrowser(snapshot(), null);
    expect(screen.getByRole("heading", { level: 1, name: "Sign in to Tailnet Share" })).toBeTruthy();
    expect(document.activeElement).toBe(field());
    expect(screen.getByText(LINK_COMMAND)).toBeTruthy();
    await user.click(screen.getByRole("button", { name: "Copy the command" }));
    expect(host.copied).toEqual([LINK_COMMAND]);
    expect(list()).toBeNull();
    expect(screen.queryByRole("dialog")).toBeNull();
  });

  it("takes a whole link and shows the panel", async () => {
    const { host, user, settle } = await renderInBrowser(snapshot(), null, {
      prepare: (fake) => fake.on("POST /session", () => ({ you: YOU })),
    });
    await user.type(field(), `http://localhost:4180/#${CODE}{Enter}`);
    await settle();
    expect(host.changes).toMatchObject([{ path: "/session", body: { code: CODE } }]);
    expect(list()).toBeTruthy();
    expect(screen.queryByRole("heading", { name: "Sign in to Tailnet Share" })).toBeNull();
  });

  it("explains a link that is refused, with what to do next, and empties the field", async () => {
    const { user, settle } = await renderInBrowser(snapshot(), null, {
      prepare: (fake) => fake.on("POST /session", () => Promise.reject(refusal)),
    });
    await user.type(field(), CODE);
    await user.click(screen.getByRole("button", { name: "Sign in" }));
    await settle();
    expect(screen.getByRole("alert").textContent).toBe("This link doesn't work.Get another one.CODE_REFUSED");
    expect(field().value).toBe("");
  });

  it("keeps a code that may work later", async () => {
    const many = new Problem("TOO_MANY_TRIES", "Too many wrong links.", "Wait a minute.");
    const { user, settle } = await renderInBrowser(snapshot(), null, {
      prepare: (fake) => fake.on("POST /session", () => Promise.reject(many)),
    });
    await user.type(field(), `${CODE}{Enter}`);
    await settle();
    expect(screen.getByRole("alert").textContent).toContain("Wait a minute.");
    expect(field().value).toBe(CODE);
  });

  it("sends nothing that is no code", async () => {
    const { host, user } = await renderInBrowser(snapshot(), null);
    await user.type(field(), "http://localhost:4180/{Enter}");
    expect(screen.getByText("This has no code. Copy the whole link.")).toBeTruthy();
    expect(field().getAttribute("aria-invalid")).toBe("true");
    expect(host.changes).toEqual([]);
  });

  it("is skipped with a code in the page's address, and explains a refusal of that", async () => {
    const options = { code: CODE };
    const { unmount } = await renderInBrowser(snapshot(), null, {
      ...options,
      prepare: (fake) => fake.on("POST /session", () => ({ you: YOU })),
    });
    expect(list()).toBeTruthy();
    unmount();
    await renderInBrowser(snapshot(), null, {
      ...options,
      prepare: (fake) => fake.on("POST /session", () => Promise.reject(refusal)),
    });
    expect(screen.getByRole("alert").textContent).toContain("CODE_REFUSED");
  });
});

describe("when the session has ended", () => {
  it("asks to sign in above the panel, which keeps what the user has typed", async () => {
    const { host, user, settle } = await renderInBrowser(snapshot(), YOU, {
      prepare: (fake) => fake.on("POST /session", () => ({ you: YOU })),
    });
    const search = screen.getByRole<HTMLInputElement>("searchbox", { name: "Search containers" });
    await user.type(search, "we");
    host.on("PUT /shares/compose:shop/web/1", () =>
      Promise.reject(new Problem("SIGN_IN_NEEDED", "Your session has ended.", "Sign in again.")),
    );
    await user.click(screen.getByRole("switch", { name: "Share shop/web" }));
    await settle();
    expect(screen.getByRole("dialog", { name: "Sign in to Tailnet Share" })).toBeTruthy();
    expect(screen.getByText(/Your session has ended\. Sign in again to continue/)).toBeTruthy();
    // The panel is there, and hidden from screen readers.
    expect(list()).toBeNull();
    await user.type(field(), `${CODE}{Enter}`);
    await settle();
    expect(screen.queryByRole("dialog")).toBeNull();
    expect(screen.getByRole<HTMLInputElement>("searchbox").value).toBe("we");
  });
});

describe("the user's menu", () => {
  async function menuOf(name: string) {
    const button = await screen.findByRole("button", { name });
    button.click();
    await screen.findByRole("menu");
    return screen.getAllByRole("menuitem").map(({ textContent }) => textContent);
  }

  it("signs out, and shows nothing of the panel then", async () => {
    const { host, user, settle } = await renderInBrowser(snapshot(), YOU, {
      prepare: (fake) => fake.on("DELETE /session", () => ({ you: null })),
    });
    expect(await menuOf("Signed in by link")).toEqual(["Sign out", "Sign everybody out"]);
    await user.click(screen.getByRole("menuitem", { name: "Sign out" }));
    await settle();
    expect(host.changes).toMatchObject([{ method: "DELETE", path: "/session" }]);
    expect(screen.getByRole("heading", { name: "Sign in to Tailnet Share" })).toBeTruthy();
    expect(screen.queryByText(/session has ended/)).toBeNull();
  });

  it("signs everybody out after a question, and says so to a user who stays", async () => {
    const you = { ...YOU, name: "anna@example.com", door: "tailnet" } as const;
    const { host, user, settle } = await renderInBrowser(snapshot(), you, {
      prepare: (fake) => fake.on("DELETE /sessions", () => ({ you })),
    });
    expect(await menuOf(`Signed in: ${you.name}`)).toEqual(["Sign everybody out"]);
    await user.click(screen.getByRole("menuitem", { name: "Sign everybody out" }));
    const confirm = await screen.findByRole("button", { name: "Sign everybody out" });
    expect(host.changes).toEqual([]);
    await user.click(confirm);
    await settle();
    expect(host.changes).toMatchObject([{ method: "DELETE", path: "/sessions" }]);
    expect(screen.getAllByText("Everybody who came by a link is signed out.").length).toBeGreaterThan(0);
  });

  it("lets a viewer from the tailnet become an editor by a one-time link", async () => {
    const { settle } = await renderInBrowser(snapshot(), LOOKING, {
      code: CODE,
      prepare: (fake) => fake.on("POST /session", () => ({ you: YOU, key: "key" })),
    });
    await settle();
    expect(screen.getByRole("button", { name: "Signed in by link" })).toBeTruthy();
    expect(screen.queryByText("You can look, not change")).toBeNull();
  });

  it("says why a link changed nothing for somebody who is signed in", async () => {
    await renderInBrowser(snapshot(), LOOKING, {
      code: CODE,
      prepare: (fake) => fake.on("POST /session", () => Promise.reject(refusal)),
    });
    expect((await screen.findAllByText("Couldn't sign in by the link.")).length).toBeGreaterThan(0);
    expect(screen.getByRole("button", { name: `Signed in: ${LOOKING.name}` })).toBeTruthy();
    expect(list()).toBeTruthy();
  });

  it("reports a sign-out that failed", async () => {
    const { user, settle } = await renderInBrowser(snapshot(), YOU, {
      prepare: (fake) =>
        fake.on("DELETE /session", () => Promise.reject(new Problem("INTERNAL", "It broke.", "Try again."))),
    });
    await menuOf("Signed in by link");
    await user.click(screen.getByRole("menuitem", { name: "Sign out" }));
    await settle();
    expect(screen.getByText("Couldn't sign out.")).toBeTruthy();
  });

  it("says what the role of a user allows who may only look", async () => {
    await renderInBrowser(snapshot(), LOOKING);
    expect(await screen.findByText("You can look, not change")).toBeTruthy();
    expect(screen.getByRole("button", { name: `Signed in: ${LOOKING.name}` })).toBeTruthy();
  });
});
