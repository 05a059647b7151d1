/* Parses client requests strictly: anything undocumented is refused, so that the product cannot rely on it. */

export interface ApiRequest {
  readonly method: string;
  /** Includes the query. */
  readonly path: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

/** An answer other than 2xx: `{message}`. */
export class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Requires an object with exactly these fields; those with a `?` are optional. */
function fieldsOf(value: unknown, where: string, names: readonly string[]): Fields {
  if (!isFields(value)) throw new Refusal(400, `${where} must be an object`);
  const known = names.map((name) => name.replace(/\?$/, ""));
  const unknown = Object.keys(value).filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new Refusal(400, `${where} has unknown fields: ${unknown.join(", ")}`);
  const missing = names.filter((name) => !name.endsWith("?") && value[name] === undefined);
  if (missing.length > 0) throw new Refusal(400, `${where} lacks: ${missing.join(", ")}`);
  return value;
}

function requireType({ headers }: ApiRequest, type: string): void {
  const [given = "", ...parameters] = (headers["content-type"] ?? "").toLowerCase().split(/;\s*/);
  if (given !== type || parameters.some((parameter) => parameter !== "charset=utf-8"))
    throw new Refusal(400, `content-type must be ${type}`);
}

export interface TokenRequest {
  readonly clientId: string;
  readonly clientSecret: string;
}

/** Form fields of the client-credentials grant: RFC 6749, sections 2.3.1 and 4.4.2. */
export function readTokenRequest(request: ApiRequest): TokenRequest {
  requireType(request, "application/x-www-form-urlencoded");
  const form = new URLSearchParams(request.body);
  const names = [...form.keys()];
  if (new Set(names).size !== names.length) throw new Refusal(400, "the form repeats a field");
  const fields = fieldsOf(Object.fromEntries(form), "the form", ["client_id", "client_secret", "grant_type"]);
  if (fields.grant_type !== "client_credentials")
    throw new Refusal(400, "grant_type must be client_credentials");
  return { clientId: String(fields.client_id), clientSecret: String(fields.client_secret) };
}

export interface KeyRequest {
  readonly reusable: boolean;
  readonly ephemeral: boolean;
  readonly preauthorized: boolean;
  readonly tags: readonly string[];
  readonly expirySeconds: number;
  readonly description: string;
}

const NINETY_DAYS = 90 * 24 * 60 * 60;

/** `CreateKeyRequest` of tailscale-client-go-v2's `keys.go`, with the limits of `publicapi/tailnet.md`, 'Create auth key'. */
export function readKeyRequest(request: ApiRequest): KeyRequest {
  requireType(request, "application/json");
  let json: unknown;
  try {
    json = JSON.parse(request.body);
  } catch {
    throw new Refusal(400, "the body is not JSON");
  }
  const body = fieldsOf(json, "the body", ["capabilities", "expirySeconds?", "description?"]);
  const { devices } = fieldsOf(body.capabilities, "capabilities", ["devices"]);
  const flags = ["reusable", "ephemeral", "preauthorized"];
  const { create } = fieldsOf(devices, "devices", ["create"]);
  const wanted = fieldsOf(create, "create", [...flags, "tags?"]);
  for (const flag of flags) {
    if (typeof wanted[flag] !== "boolean") throw new Refusal(400, `${flag} must be true or false`);
  }
  const { tags = [] } = wanted;
  if (
    !Array.isArray(tags) ||
    !tags.every((tag) => typeof tag === "string" && /^tag:[a-z][a-z0-9-]*$/i.test(tag))
  )
    throw new Refusal(400, "tags must be a list of tags");
  const { expirySeconds = NINETY_DAYS, description = "" } = body;
  if (typeof expirySeconds !== "number" || !Number.isInteger(expirySeconds))
    throw new Refusal(400, "expirySeconds must be a whole number");
  if (expirySeconds < 1 || expirySeconds > NINETY_DAYS)
    throw new Refusal(400, "expirySeconds must be between a second and 90 days");
  if (typeof description !== "string" || !/^[a-zA-Z0-9 -]{0,50}$/.test(description))
    throw new Refusal(400, "description must be at most 50 letters, digits, hyphens and spaces");
  return {
    reusable: wanted.reusable === true,
    ephemeral: wanted.ephemeral === true,
    preauthorized: wanted.preauthorized === true,
    tags,
    expirySeconds,
    description,
  };
}

/** The path of a GET or DELETE holds everything. */
export function requireNoBody({ method, body }: ApiRequest): void {
  if (body !== "") throw new Refusal(400, `${method} takes no body`);
}
