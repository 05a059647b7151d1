/** Parts of a snapshot that hold a login link in their `url`: `NodeState`, by the field's name. */
const HOLDERS: ReadonlySet<string> = new Set(["login", "renewal"]);

/**
 * Replaces every login link in an answer; one that has not come yet stays null. Whoever opens the node's link and logs in becomes the
 * owner of the node, and with a machine's link the owner of that. Pages of an admin console give no rights, so they stay.
 */
export function replaceLogInLinks<Answer>(answer: Answer, by: string | null): Answer {
  const replaced = (value: unknown, name: string): unknown => {
    if (Array.isArray(value)) return value.map((item) => replaced(item, ""));
    if (typeof value !== "object" || value === null) return value;
    const holds = HOLDERS.has(name) || isLogIn(value);
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [
        key,
        holds && key === "url" && typeof inner === "string" ? by : replaced(inner, key),
      ]),
    );
  };
  return replaced(answer, "") as Answer;
}

/** Whether it is the `Exposure` of a machine that somebody has to log in. */
function isLogIn(value: object): boolean {
  return "state" in value && value.state === "needs-approval" && "by" in value && value.by === "log-in";
}
