import { setTimeout as delay } from "node:timers/promises";
import type { Bed } from "../src/bed.ts";
import { readActualState, readVolume } from "./actual-state.ts";
import type { Check } from "./part.ts";

/** Retiring machines takes 10 s plus a logout for each. */
const TIDY_MS = 60_000;

/** Stops sharing everything and checks that nothing is left behind. */
export async function leftovers(bed: Bed, installation: string): Promise<readonly Check[]> {
  await bed.api.deleteShares();
  const ownNetwork = bed.tailnet.network.name;
  const look = async () => ({
    actualState: await readActualState(bed, installation),
    volume: await readVolume(bed),
    devices: await bed.tailnet.control.loggedIn(),
  });
  // The backend still records that it retired the last machine right after removing its directory.
  const isTidy = ({ actualState, volume, devices }: Awaited<ReturnType<typeof look>>): boolean =>
    [...actualState.forwards, ...actualState.machines, ...volume.machines, ...volume.odd].length === 0 &&
    devices.length === 2;
  const deadline = performance.now() + TIDY_MS;
  let last = await look();
  while (!isTidy(last) && performance.now() < deadline) {
    await delay(500);
    last = await look();
  }
  const { actualState, volume, devices } = last;
  const checkEmpty = (sentence: string, list: readonly unknown[]): Check => ({
    sentence,
    holds: list.length === 0,
    figure: list.length === 0 ? "none" : JSON.stringify(list),
  });
  return [
    checkEmpty("at the end no rule forwards anything", actualState.forwards),
    checkEmpty(
      "at the end the backend is in its own network only",
      actualState.networks.filter((name) => name !== ownNetwork),
    ),
    checkEmpty("at the end there is no machine's container", actualState.machines),
    checkEmpty("at the end there is no machine's identity", volume.machines),
    checkEmpty("no stored file is half-written, and none was set aside", volume.odd),
    checkEmpty(
      "at the end the tailnet has no additional device",
      devices.filter((name) => name !== "docker" && name !== "phone"),
    ),
  ];
}
