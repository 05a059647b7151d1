import { z } from "zod";
import type { EngineTransport } from "./transport.ts";

/** Source: https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container/operation/ContainerList */
const Listed = z.array(
  z.object({
    Id: z.string(),
    Mounts: z
      .array(z.object({ Source: z.string().default(""), Destination: z.string().default("") }))
      .nullish(),
  }),
);

/**
 * Whether another container, running or not, mounts the same directory of the engine's host as this container does at `destination`. True
 * as well when the engine doesn't list this container's mount there: old releases of Podman list no mounts. Rejects as the transport does.
 */
export async function mayShareMount(
  { call, reach }: Pick<EngineTransport, "call" | "reach">,
  ownId: string,
  destination: string,
): Promise<boolean> {
  const answer = await call({ method: "GET", path: "/containers/json?all=true" });
  return await reach(async () => isShared(Listed.parse(JSON.parse(answer.body)), ownId, destination));
}

function isShared(containers: z.infer<typeof Listed>, ownId: string, destination: string): boolean {
  const isOwn = (id: string): boolean => id === ownId || (ownId.length >= 12 && id.startsWith(ownId));
  const source = containers
    .find(({ Id }) => isOwn(Id))
    ?.Mounts?.find(({ Destination }) => Destination === destination)?.Source;
  if (source === undefined || source === "") return true;
  return containers.some(
    ({ Id, Mounts }) => !isOwn(Id) && Mounts?.some(({ Source }) => Source === source) === true,
  );
}
