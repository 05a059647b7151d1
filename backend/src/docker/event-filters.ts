/** Of containers, with Podman's names for the end and the removal of one. */
const OF_CONTAINERS = [
  "create",
  "start",
  "kill",
  "die",
  "died",
  "stop",
  "pause",
  "unpause",
  "rename",
  "destroy",
  "remove",
] as const;
const OF_NETWORKS = ["connect", "disconnect"] as const;

/**
 * `filters` of `GET /events`. Each action is named, so that the engine keeps back those that change nothing here and that a busy
 * machine reports dozens of times a second: `exec_*`, `health_status`, `top`.
 * Source: https://docs.docker.com/reference/cli/docker/system/events/
 */
export const EVENT_FILTERS = JSON.stringify({
  type: ["container", "network"],
  event: [...OF_CONTAINERS, ...OF_NETWORKS],
});
