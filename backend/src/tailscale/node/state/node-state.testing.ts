import { LoginProfile, Notify, Prefs, Status } from "../../localapi/types.ts";
import { initialMemory, type NodeEvent, reduce } from "./node-memory.ts";
import { nodeState } from "./node-state.ts";

const profile = (more: object = {}) => LoginProfile.parse({ ID: "", ...more });
/** The profile of a node that has logged in. */
export const loggedIn = {
  ID: "a1",
  UserProfile: { LoginName: "anna@example.com" },
  NetworkProfile: { DomainName: "example.com" },
};

/** The event that an observation of tailscaled in `state` sends to the node. */
export function observed(
  state: string,
  { status = {}, prefs = {}, current = {} }: { status?: object; prefs?: object; current?: object } = {},
): NodeEvent {
  const now = profile(current);
  return {
    kind: "observed",
    status: Status.parse({ Version: "1.102.3", BackendState: state, ...status }),
    prefs: Prefs.parse({
      ControlURL: "https://control.test",
      Hostname: "docker",
      CorpDNS: false,
      WantRunning: true,
      ...prefs,
    }),
    profiles: { all: now.ID === "" ? [] : [now], current: now },
  };
}
export const notify = (value: object): NodeEvent => ({ kind: "notify", notify: Notify.parse(value) });
/** The memory of a node whose tailscaled runs, after these events. */
export const memoryAfter = (...events: NodeEvent[]) =>
  events.reduce(reduce, reduce(initialMemory, { kind: "daemon-running" }));
export const stateAfter = (...events: NodeEvent[]) => nodeState(memoryAfter(...events));
