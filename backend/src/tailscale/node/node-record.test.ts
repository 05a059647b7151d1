import { pino } from "pino";
import { expect, test } from "vitest";
import { createFakeClock } from "../../testing.ts";
import type { LocalApi } from "../localapi/localapi.ts";
import { LoginProfile, Notify, Prefs, Status } from "../localapi/types.ts";
import { createNodeRecord } from "./node-record.ts";
import { healthAlerts } from "./state/node-health.ts";

test("a refusal of flow logs that comes while tailscaled is observed keeps its reason", async () => {
  let wantsToRun = true;
  let answers: () => void = () => undefined;
  const localApi = {
    status: async () =>
      await new Promise((resolve) => {
        answers = () => resolve(Status.parse({ Version: "1", BackendState: "Stopped" }));
      }),
    prefs: async () =>
      await Promise.resolve(
        Prefs.parse({ ControlURL: "", Hostname: "docker", CorpDNS: false, WantRunning: wantsToRun }),
      ),
    profiles: async () => {
      const current = LoginProfile.parse({ ID: "a" });
      return await Promise.resolve({ all: [current], current });
    },
  } satisfies Partial<LocalApi> as unknown as LocalApi;
  const log = pino({ level: "silent" });
  const clock = createFakeClock();
  const record = createNodeRecord({ localApi, flowLogs: undefined, clock, log });
  record.handle({ kind: "daemon-running" });
  const observed = record.observe();
  await clock.advance(0);
  wantsToRun = false;
  const ErrMessage = "tailnet requires logging to be enabled. Remove --no-logs-no-support.";
  record.handle({ kind: "notify", notify: Notify.parse({ ErrMessage }) });
  answers();
  await clock.advance(0);
  answers();
  await observed;
  expect(healthAlerts(record.memory())).toMatchObject([{ code: "FLOW_LOGS_REQUIRED" }]);
});
