import type { ContainerFacts } from "./facts.ts";

/** Label on every container that the extension itself brings. */
export const ROLE_LABEL = "tailnet-share.role";

export interface WorkloadIdentity {
  id: string;
  name: string;
  project: string | null;
}

/**
 * What the user means by 'my container': compose project, service and replica, else the container's name.
 * One-off containers of `compose run` are not the service, so they go by name.
 * Source of the labels: https://github.com/docker/compose, `pkg/api/labels.go`.
 */
export function workloadIdentity({
  name,
  labels,
}: Pick<ContainerFacts, "name" | "labels">): WorkloadIdentity {
  const project = labels["com.docker.compose.project"];
  const service = labels["com.docker.compose.service"];
  const replica = labels["com.docker.compose.container-number"] ?? "1";
  const oneOff = labels["com.docker.compose.oneoff"]?.toLowerCase() === "true";
  if (isSegment(project) && isSegment(service) && /^\d{1,6}$/.test(replica) && !oneOff) {
    return {
      id: `compose:${project}/${service}/${replica}`,
      name: legible(replica === "1" ? service : `${service}-${replica}`),
      project: legible(project),
    };
  }
  return { id: `name:${name}`, name, project: null };
}

/** Labels are the container's word: only what cannot be confused with another identity becomes part of one. */
function isSegment(label: string | undefined): label is string {
  return label !== undefined && /^[^/\s]{1,200}$/.test(label);
}

/** Control characters, and those that are invisible or turn the text around them: names are shown among other words, and in logs. */
const ILLEGIBLE = /[\p{Cc}\u061c\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu;

function legible(label: string): string {
  return label.replace(ILLEGIBLE, "\ufffd");
}

/** The extension's own containers, and other extensions', are never offered. */
export function isExtensionContainer({ labels }: Pick<ContainerFacts, "labels">): boolean {
  return Object.keys(labels).some(
    (label) =>
      label === ROLE_LABEL ||
      label === "com.docker.desktop.plugin" ||
      label.startsWith("com.docker.desktop.extension"),
  );
}
