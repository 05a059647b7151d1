/** Container actions, including Podman's names for a container's end and removal. */
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
 * `filters` of `GET /events`. Naming each action keeps the engine from sending irrelevant ones (`exec_*`, `health_status`, `top`),
 * which a busy machine reports dozens of times a second.
 * Source: https://docs.docker.com/reference/cli/docker/system/events/
 */
export const EVENT_FILTERS = JSON.stringify({
  type: ["container", "network"],
  event: [...OF_CONTAINERS, ...OF_NETWORKS],
});
