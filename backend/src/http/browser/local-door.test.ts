import { expect, test } from "vitest";
import { localDoor } from "./door.ts";

/** A connection; `answer` says whether it is from the tailnet. Returns a function that sends a request on it. */
function connectionFrom(answer: () => Promise<boolean>) {
  const asked: string[] = [];
  const door = localDoor({
    hosts: () => new Set(),
    async isFromTailnet(address) {
      asked.push(address);
      return await answer();
    },
  });
  const socket = { remoteAddress: "::ffff:127.0.0.1", remotePort: 40_000 };
  return { asked, send: async () => await door.visitor({ headers: {}, socket } as never) };
}

test.each([
  [false, null],
  [true, "NOT_ALLOWED"],
])("asks once for a connection whether it is from the tailnet: %s", async (isForeign, refusal) => {
  const { asked, send } = connectionFrom(async () => await Promise.resolve(isForeign));
  for (let count = 0; count < 2; count += 1)
    expect(await send().catch(({ code }: { code: string }) => code)).toBe(refusal);
  expect(asked).toEqual(["127.0.0.1:40000"]);
});

test("refuses while that can't be found out, and asks again for the next request [S207]", async () => {
  let works = false;
  const { asked, send } = connectionFrom(async () => {
    if (!works) throw new Error("down");
    return await Promise.resolve(true);
  });
  await expect(send()).rejects.toThrow("down");
  works = true;
  await expect(send()).rejects.toMatchObject({ code: "NOT_ALLOWED" });
  expect(asked).toHaveLength(2);
});
