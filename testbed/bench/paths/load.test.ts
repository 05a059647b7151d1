import { describe, expect, it } from "vitest";
import { parseWrk } from "./load.ts";

const PRINTED = `Running 4s test @ http://100.64.0.2/
  2 threads and 16 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     3.81ms    1.52ms  24.10ms   80.00%
  Latency Distribution
     50%  950.00us
     75%    4.46ms
  16520 requests in 4.01s, 2.69MB read
  Socket errors: connect 0, read 3, write 0, timeout 1
Requests/sec:   4119.72
Transfer/sec:    688.00KB
`;

describe("parseWrk", () => {
  it("reads requests a second, the median in milliseconds and what failed", () => {
    expect(parseWrk(PRINTED)).toEqual({ perSecond: 4119.72, p50Ms: 0.95, errors: 4 });
  });

  it("throws where wrk printed no figures", () => {
    expect(() => parseWrk("unable to connect to 100.64.0.2:80 Connection refused")).toThrow(/no figures/);
  });
});
