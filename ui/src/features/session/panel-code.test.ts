import { expect, it } from "vitest";
import { codeOf } from "./panel-code.ts";

const CODE = "Zm9v-YmFy_MTIz";

it.each([
  CODE,
  `  ${CODE}\n`,
  `#${CODE}`,
  `http://localhost:4180/#${CODE}`,
  `https://docker-anna.tail1234.ts.net/#${CODE} `,
])("finds the code in %j", (text) => {
  expect(codeOf(text)).toBe(CODE);
});

it.each([
  "",
  "#",
  "http://localhost:4180/",
  "http://localhost:4180/#",
  "two words",
  "docker exec tailnet-share",
  "a".repeat(201),
  "<b>",
])("finds no code in %j", (text) => {
  expect(codeOf(text)).toBeNull();
});
