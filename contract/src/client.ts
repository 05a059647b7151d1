import { type Answer, API, type Api, type Arguments, partNames, type Route, type RouteName } from "./api.ts";

/** An outgoing request. */
export interface Request {
  readonly method: Route["method"];
  /** Encoded, including its query. */
  readonly path: string;
  readonly body: unknown;
  readonly signal: AbortSignal | undefined;
}

/** Every route as a function. Arguments: the values in the order of its path, its body, and a signal that aborts the request. */
export type Client = {
  readonly [Name in RouteName]: (
    ...values: [...Arguments<Api[Name]>, signal?: AbortSignal]
  ) => Promise<Answer<Api[Name]>>;
};

/** `send` resolves with the parsed answer of a route. */
export function createClient(send: (route: Route, request: Request) => Promise<unknown>): Client {
  const calls = Object.entries<Route>(API).map(([name, route]) => {
    const names = partNames(route.path);
    const call = async (...values: readonly unknown[]): Promise<unknown> => {
      const [body, signal] = route.body ? values.slice(names.length) : [undefined, values[names.length]];
      const path = pathOf(route.path, values.slice(0, names.length));
      return await send(route, {
        method: route.method,
        path,
        body,
        signal: signal instanceof AbortSignal ? signal : undefined,
      });
    };
    return [name, call] as const;
  });
  return Object.fromEntries(calls) as unknown as Client;
}

/** Fills these values into the path's placeholders. Leaves out query parameters without a value. */
function pathOf(pattern: string, values: readonly unknown[]): string {
  const rest = values.values();
  return pattern.replaceAll(/([:?])(\w+)/g, (_whole, mark: string, name: string) => {
    const value: unknown = rest.next().value;
    const text = typeof value === "string" ? encodeURIComponent(value) : "";
    if (mark === ":") return text;
    return value === undefined ? "" : `?${name}=${text}`;
  });
}
