import { API, partNames, type Route } from "@tailnet-share/contract/api";
import { API_PREFIX, SESSION_ROUTES } from "@tailnet-share/contract/session";

/** The workload that the specs of the panel's doors share. */
export const SHARED = "name:panel-app";
const VALUES: Readonly<Record<string, string>> = {
  workload: SHARED,
  name: "web",
  machine: "0123456789abcdef",
};
/** Every route below the panel's address, with values for its parts. */
export const REQUESTS = [
  ...Object.values<Route>(API).map(({ method, path }) => ({
    method,
    path: `${API_PREFIX}${partNames(path)
      .reduce((text, part) => text.replace(`:${part}`, encodeURIComponent(VALUES[part] ?? "")), path)
      .replace(/\?.*/, "")}`,
  })),
  ...Object.values(SESSION_ROUTES).map(({ method, path }) => ({ method, path })),
];
