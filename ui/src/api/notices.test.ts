import { describe, expect, it } from "vitest";
import { createNotices } from "./notices.ts";

function removed(...names: string[]) {
  const back: string[] = [];
  const all = names.map((name) => ({ id: `name:${name}`, name, bringBack: () => void back.push(name) }));
  return { all, back };
}

describe("what can be undone", () => {
  it("is one thing with what was switched off before, and comes back as one", () => {
    const notices = createNotices();
    const web = removed("web");
    const shop = removed("api", "db");
    notices.undoable("web is no longer shared", web.all);
    notices.undoable("shop is no longer shared", shop.all);
    expect(notices.undo.get()?.text).toBe("3 containers are no longer shared");
    notices.undoAll();
    expect([...web.back, ...shop.back]).toEqual(["web", "api", "db"]);
    expect(notices.undo.get()).toBeNull();
  });

  it("is left alone by messages and errors", () => {
    const notices = createNotices();
    notices.undoable("web is no longer shared", removed("web").all);
    notices.info("Copied it");
    notices.error("This failed.", "Because.", "Try again.");
    expect(notices.undo.get()?.text).toBe("web is no longer shared");
    expect(notices.message.get()?.text).toBe("Copied it");
  });

  it("is no more what somebody has decided anew about", () => {
    const notices = createNotices();
    const both = removed("web", "api");
    notices.undoable("shop is no longer shared", both.all);
    notices.settled(["name:api"]);
    expect(notices.undo.get()?.text).toBe("web is no longer shared");
    notices.undoAll();
    expect(both.back).toEqual(["web"]);
    notices.undoable("web is no longer shared", removed("web").all);
    notices.settled(["name:web"]);
    expect(notices.undo.get()).toBeNull();
  });

  it("brings back what was switched off twice once, as it was the second time", () => {
    const notices = createNotices();
    const [first, second] = [removed("web"), removed("web")];
    notices.undoable("web is no longer shared", first.all);
    notices.undoable("web is no longer shared", second.all);
    notices.undoAll();
    expect([first.back, second.back]).toEqual([[], ["web"]]);
  });
});
