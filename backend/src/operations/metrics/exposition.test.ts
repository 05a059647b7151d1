import fc from "fast-check";
import { expect, test } from "vitest";
import { readExposition } from "./exposition.testing.ts";
import { renderExposition } from "./exposition.ts";

test("any labels and help texts survive writing and reading [S084]", () => {
  const family = fc.record({
    help: fc.string({
      unit: fc.constantFrom("a", "\\", "\n", '"', " ", "{", "}", ",", "ü", "n"),
      maxLength: 12,
    }),
    label: fc.string({
      unit: fc.constantFrom("a", "\\", "\n", '"', " ", "{", "}", ",", "=", "n"),
      maxLength: 12,
    }),
    value: fc.double({ noNaN: false }),
  });
  fc.assert(
    fc.property(family, ({ help, label, value }) => {
      const text = renderExposition([
        {
          name: "a_gauge",
          help,
          type: "gauge",
          samples: [{ labels: { one: label, two: "2" }, value }, { value: 1 }],
        },
        { name: "other", help: "", type: "counter", samples: [] },
      ]);
      const read = readExposition(text);
      expect(read.get("a_gauge")).toEqual({
        type: "gauge",
        help,
        samples: [
          { name: "a_gauge", labels: { one: label, two: "2" }, value: value === 0 ? 0 : value },
          { name: "a_gauge", labels: {}, value: 1 },
        ],
      });
    }),
  );
});

test("a histogram has rising buckets, the last of which holds all", () => {
  const histogram = {
    buckets: [
      { most: 0.5, count: 1 },
      { most: 1, count: 3 },
    ],
    sum: 12.5,
    count: 4,
  };
  const text = renderExposition([{ name: "took_seconds", help: "How long.", type: "histogram", histogram }]);
  expect(text).toBe(
    [
      "# HELP took_seconds How long.",
      "# TYPE took_seconds histogram",
      'took_seconds_bucket{le="0.5"} 1',
      'took_seconds_bucket{le="1"} 3',
      'took_seconds_bucket{le="+Inf"} 4',
      "took_seconds_sum 12.5",
      "took_seconds_count 4",
      "",
    ].join("\n"),
  );
  expect(readExposition(text).get("took_seconds")?.samples).toHaveLength(5);
});

test.each([
  "no_end 1",
  'half{a="1} 1\n',
  "# HELP a x\n# TYPE a counter\nb 1\n",
  "# HELP a x\n# TYPE a counter\na -1\n",
  "# HELP a x\na 1\n# TYPE a gauge\n",
  "# HELP a x\n# TYPE a gauge\na 1\na 2\n",
  '# HELP a x\n# TYPE a gauge\na{b="\\x"} 1\n',
  "# HELP a x\n# TYPE a gauge\na one\n",
])("the reader of these tests refuses %j", (text) => {
  expect(() => readExposition(text)).toThrow();
});

test("names that the format does not know are refused", () => {
  const samples = [{ labels: { "not-a-label": "x" }, value: 1 }];
  expect(() => renderExposition([{ name: "a-b", help: "", type: "gauge", samples: [] }])).toThrow(RangeError);
  expect(() => renderExposition([{ name: "ab", help: "", type: "gauge", samples }])).toThrow(RangeError);
});
