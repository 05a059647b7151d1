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
  const project = labels[PROJECT];
  const service = labels[SERVICE];
  // Compose numbers every container that it makes. One without was only started from an image that compose has built.
  const replica = labels[NUMBER] ?? "";
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

/**
 * A container's labels, without those of compose when its image brought them all along: then they are the word of whoever made the
 * image, and compose has nothing to do with the container. Compose itself labels the images that it builds with project and
 * service, never with the number and the hash that it gives to containers.
 * Source: https://github.com/docker/compose, `pkg/compose/build.go`, `getImageBuildLabels`.
 */
export function ownLabels(
  labels: Readonly<Record<string, string>>,
  imageLabels: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  if (IDENTIFYING.some((label) => labels[label] !== imageLabels[label])) return labels;
  return Object.fromEntries(Object.entries(labels).filter(([label]) => !IDENTIFYING.includes(label)));
}

/** Whether a container's labels would make it a compose service's; only then it matters whose word they are. */
export function claimsService(labels: Readonly<Record<string, string>>): boolean {
  return labels[PROJECT] !== undefined && labels[SERVICE] !== undefined;
}

const PROJECT = "com.docker.compose.project";
const SERVICE = "com.docker.compose.service";
const NUMBER = "com.docker.compose.container-number";
const IDENTIFYING = [PROJECT, SERVICE, NUMBER, "com.docker.compose.config-hash"];

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
