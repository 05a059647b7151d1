import { describe, expect, it } from "vitest";
import { createNotices } from "./notices.ts";

function removed(...names: string[]) {
  const back: string[] = [];
  const all = names.map((name) => ({
    id: `name:${name}`,
    name,
    ports: [] as readonly string[],
    bringBack: () => void back.push(name),
  }));
  return { all, back };
}

/** A closed port. `back` holds what was shared before, and whether all of it is off by now. */
function closed(name: string, port: string, before: string) {
  const back: string[] = [];
  const bringBack = (off: boolean) => void back.push(`${before}${off ? ", was off" : ""}`);
  return { all: [{ id: `name:${name}`, name, ports: [port], bringBack }], back };
}

describe("an undo", () => {
  it("joins what was switched off before, and is undone together with it", () => {
    const notices = createNotices();
    const web = removed("web");
    const shop = removed("api", "db");
    notices.undoable("Stopped sharing web", web.all);
    notices.undoable("shop is no longer shared", shop.all);
    expect(notices.undo.get()?.text).toBe("Stopped sharing 3 containers");
    notices.undoAll();
    expect([...web.back, ...shop.back]).toEqual(["web", "api", "db"]);
    expect(notices.undo.get()).toBeNull();
  });

  it("stays when a message or an error appears", () => {
    const notices = createNotices();
    notices.undoable("Stopped sharing web", removed("web").all);
    notices.info("Copied it");
    notices.error("This failed.", "Because.", "Try again.");
    expect(notices.undo.get()?.text).toBe("Stopped sharing web");
    expect(notices.message.get()?.text).toBe("Copied it");
  });

  it("leaves out a share that was changed since", () => {
    const notices = createNotices();
    const both = removed("web", "api");
    notices.undoable("shop is no longer shared", both.all);
    notices.settled(["name:api"]);
    expect(notices.undo.get()?.text).toBe("Stopped sharing web");
    notices.undoAll();
    expect(both.back).toEqual(["web"]);
    notices.undoable("Stopped sharing web", removed("web").all);
    notices.settled(["name:web"]);
    expect(notices.undo.get()).toBeNull();
  });

  it("restores a share that was switched off twice as it was the second time", () => {
    const notices = createNotices();
    const [first, second] = [removed("web"), removed("web")];
    notices.undoable("Stopped sharing web", first.all);
    notices.undoable("Stopped sharing web", second.all);
    notices.undoAll();
    expect([first.back, second.back]).toEqual([[], ["web"]]);
  });

  it("names the port that was closed, and counts several", () => {
    const notices = createNotices();
    notices.undoable(null, closed("web", "9090 TCP", "").all);
    expect(notices.undo.get()?.text).toBe("Stopped sharing port 9090 TCP of web");
    notices.undoable(null, closed("web", "53 UDP", "").all);
    expect(notices.undo.get()?.text).toBe("Stopped sharing 2 ports of web");
    notices.undoable("api is no longer shared", removed("api").all);
    expect(notices.undo.get()?.text).toBe("Stopped sharing 2 containers or ports of them");
  });

  it("covers ports that were closed one after the other, and the rest of the share that was switched off after them", () => {
    const notices = createNotices();
    const [first, second] = [closed("web", "80 TCP", "all three"), closed("web", "81 TCP", "the last two")];
    const rest = removed("web");
    notices.undoable(null, first.all);
    notices.undoable(null, second.all);
    notices.undoAll();
    expect([first.back, second.back]).toEqual([["all three"], []]);
    notices.undoable(null, first.all);
    notices.undoable("Stopped sharing web", rest.all);
    expect(notices.undo.get()?.text).toBe("Stopped sharing web");
    notices.undoAll();
    expect([first.back.at(-1), rest.back]).toEqual(["all three, was off", []]);
  });
});
