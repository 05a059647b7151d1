import { type ComponentType, type LazyExoticComponent, lazy } from "react";
import { type Clock, systemClock } from "../host/clock.ts";
import { loaded } from "../host/loaded.ts";

/**
 * Makes a component that is loaded when it is first rendered. A part that can't be loaded is tried again: Chromium drops what it is loading
 * when a network of the computer changes, as with each container that starts.
 */
// biome-ignore lint/suspicious/noExplicitAny: as React's own `lazy`, for components with any properties.
export function lazyPart<Part extends ComponentType<any>>(
  load: () => Promise<{ default: Part }>,
  clock: Pick<Clock, "after"> = systemClock,
): LazyExoticComponent<Part> {
  return lazy(async () => await loaded(load, clock));
}
