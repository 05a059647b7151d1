import { SECRET_COMMAND, SECRET_HEADER } from "@tailnet-share/contract/access";
import { z } from "zod";
import type { Engine } from "../engine/engine.ts";
import { ask } from "../lib/ask.ts";
import { type PageContainer, type PageOptions, startPageContainer } from "./page-container.ts";

const Answer = z.object({ status: z.number(), body: z.string() });
const Output = z.object({ stdout: z.string().default("") });
export type BackendAnswer = z.infer<typeof Answer>;

export interface BackendRequest {
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Path and query. */
  readonly url: string;
  /** Sent as JSON. */
  readonly data?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * The dashboard tab: the panel with `window.ddClient`. Queries of its address: `theme=dark|light`, `errors=bare|text`, `wrap=data`,
 * `cli=docker|none`, `host=rancher|podman`.
 */
export interface Page extends PageContainer {
  /** Whether an extension host shows the panel, and carries its requests. */
  readonly isHosted: boolean;
  /** The address that shows the panel to a browser; another one each time where it signs in. */
  address(query?: Readonly<Record<string, string>>): Promise<string>;
  /**
   * Calls the backend over the same path as the panel and with its secret, unless the request has one. Answers 502 when the backend's
   * socket does not answer.
   */
  request(request: BackendRequest, timeoutMs?: number): Promise<BackendAnswer>;
}

export async function startPage(engine: Engine, options: PageOptions): Promise<Page> {
  const container = await startPageContainer(engine, options);
  const post = async (path: string, content: unknown, timeoutMs?: number): Promise<unknown> => {
    const { body } = await ask(`${container.url}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(content),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    });
    return JSON.parse(body);
  };
  let secret: string | null = null;
  /** Null while the backend does not run. */
  async function readSecret(): Promise<string | null> {
    const { stdout } = Output.parse(await post("/__dd/exec", { scope: "backend", argv: SECRET_COMMAND }));
    return stdout === "" ? null : stdout;
  }

  return {
    ...container,
    isHosted: true,
    address: async (query = {}) => await Promise.resolve(`${container.url}/?${new URLSearchParams(query)}`),
    async request({ data, ...request }, timeoutMs) {
      const body = data === undefined ? {} : { body: JSON.stringify(data) };
      const type = data === undefined ? {} : { "content-type": "application/json" };
      const send = async (): Promise<BackendAnswer> => {
        const headers = {
          ...type,
          ...(secret === null ? {} : { [SECRET_HEADER]: secret }),
          ...request.headers,
        };
        return Answer.parse(await post("/__dd/request", { ...request, ...body, headers }, timeoutMs));
      };
      secret ??= await readSecret();
      const answer = await send();
      if (answer.status !== 401 || request.headers?.[SECRET_HEADER] !== undefined) return answer;
      // The backend was restarted, and has another secret.
      secret = await readSecret();
      return await send();
    },
  };
}
