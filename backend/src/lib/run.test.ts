import { expect, test } from "vitest";
import { run } from "./run.ts";

test("a program that writes without measure is heard to a limit, and to its end", async () => {
  const program = "process.stdout.write('x'.repeat(3_000_000), () => process.exit(7))";
  const { code, stdout } = await run(process.execPath, ["-e", program], { mostCharacters: 1_000 });
  expect({ code, length: stdout.length }).toEqual({ code: 7, length: 1_000 });
});
