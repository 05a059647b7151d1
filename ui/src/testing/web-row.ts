import { screen, within } from "@testing-library/react";
import { share, snapshot, workload } from "./fixtures.ts";

/** The workload that most list tests use: `shop/web`. */
export const WEB = "compose:shop/web/1";
export const off = (extra: Parameters<typeof workload>[0] = {}) => snapshot({ workloads: [workload(extra)] });
export const on = (extra: Parameters<typeof workload>[0] = {}) => off({ share: share(), ...extra });
export const row = (name = "shop/web") => within(screen.getByRole("listitem", { name }));
export const webSwitch = () => screen.getByRole<HTMLInputElement>("switch", { name: "Share shop/web" });
