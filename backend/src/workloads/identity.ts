import { createHash } from "node:crypto";
import type { IdentityKind } from "@tailnet-share/contract/workload";
import type { ContainerFacts } from "./facts.ts";
import { isInventedName } from "./invented-name.ts";

/** Label on every container that the extension itself creates. */
export const ROLE_LABEL = "tailnet-share.role";

export interface WorkloadIdentity {
  id: string;
  name: string;
  project: string | null;
}

/**
 * Identifies a container as the user sees it: by service and replica of a compose project or swarm, by a dev container's folder, else by
 * the container's name. One-off containers of `compose run` are not the service, so they are identified by name.
 */
export function workloadIdentity({
  name,
  labels,
}: Pick<ContainerFacts, "name" | "labels">): WorkloadIdentity {
  return (
    composeIdentity(labels) ??
    swarmIdentity(labels) ??
    devContainerIdentity(labels) ?? { id: nameId(name), name: shown(name), project: null }
  );
}

/** Source of the labels: https://github.com/docker/compose, `pkg/api/labels.go`. */
function composeIdentity(labels: Labels): WorkloadIdentity | null {
  const project = labels[PROJECT];
  const service = labels[SERVICE];
  // Compose numbers every container that it makes. A container without a number was only started from an image that compose has built.
  const replica = labels[NUMBER] ?? "";
  const oneOff = labels["com.docker.compose.oneoff"]?.toLowerCase() === "true";
  if (!isSegment(project) || !isSegment(service) || !/^\d{1,6}$/.test(replica) || oneOff) return null;
  return {
    id: `compose:${project}/${service}/${replica}`,
    name: shown(replica === "1" ? service : `${service}-${replica}`),
    project: shown(project),
  };
}

/**
 * A task of a replicated service is called `<service>.<slot>.<task>`, and a task of a global service `<service>.<node>.<task>`. Only the
 * task's part changes when the service is updated. Source: https://github.com/moby/swarmkit, `api/naming/naming.go`.
 */
function swarmIdentity(labels: Labels): WorkloadIdentity | null {
  const service = labels[SWARM_SERVICE];
  const task = labels[SWARM_TASK];
  if (!isSegment(service) || !task?.startsWith(`${service}.`)) return null;
  const [slot, taskId, ...more] = task.slice(service.length + 1).split(".");
  if (!isSegment(slot) || taskId === undefined || more.length > 0) return null;
  const stack = labels["com.docker.stack.namespace"];
  const inStack = isSegment(stack) && service.startsWith(`${stack}_`) && service.length > stack.length + 1;
  const name = inStack ? service.slice(stack.length + 1) : service;
  return {
    id: `swarm:${service}/${slot}`,
    // Hide the node's ID: it means nothing to users.
    name: shown(slot === "1" || !/^\d+$/.test(slot) ? name : `${name}-${slot}`),
    project: inStack ? shown(stack) : null,
  };
}

/**
 * Tools for dev containers let the engine invent a name at each rebuild; the folder and its configuration stay.
 * Source: https://github.com/devcontainers/cli, `src/spec-node/utils.ts`.
 */
function devContainerIdentity(labels: Labels): WorkloadIdentity | null {
  const folder = labels[DEV_FOLDER];
  if (folder === undefined || folder === "") return null;
  const hash = digest(`${folder}\0${labels[DEV_CONFIG] ?? ""}`);
  const last = folder.split(/[\\/]/).findLast((part) => part !== "");
  return { id: `devcontainer:${hash}`, name: shown(last ?? "dev container"), project: null };
}

/** The source of an identity. */
export function identityKind(id: string): IdentityKind {
  if (id.startsWith("compose:")) return "compose";
  if (id.startsWith("swarm:")) return "swarm";
  if (id.startsWith("devcontainer:")) return "dev-container";
  return isInventedName(id.slice("name:".length)) ? "invented-name" : "name";
}

/** The service that a replica belongs to; null for workloads without replicas. `number` orders the replicas. */
export function replicaOf(id: string): { service: string; number: number } | null {
  if (!/^(compose|swarm):/.test(id)) return null;
  const end = id.lastIndexOf("/");
  const number = Number(id.slice(end + 1));
  return { service: id.slice(0, end), number: Number.isNaN(number) ? 0 : number };
}

/**
 * A container's labels, minus the identifying ones when all of them come from the image: the image's author isn't trusted to name
 * the container. Compose labels the images that it builds with project and service, but never with the number and hash that it
 * gives to containers. Source: https://github.com/docker/compose, `pkg/compose/build.go`, `getImageBuildLabels`.
 */
export function ownLabels(labels: Labels, imageLabels: Labels): Labels {
  const groups = [COMPOSE, SWARM, DEV, Object.keys(labels).filter(isKubernetes)];
  const foreign = groups
    .filter((group) => group.every((label) => labels[label] === imageLabels[label]))
    .flat();
  if (!foreign.some((label) => label in labels)) return labels;
  return Object.fromEntries(Object.entries(labels).filter(([label]) => !foreign.includes(label)));
}

/** Returns whether labels identify a container. The labels' source matters only then. */
export function claimsIdentity(labels: Labels): boolean {
  return (
    (labels[PROJECT] !== undefined && labels[SERVICE] !== undefined) ||
    labels[SWARM_SERVICE] !== undefined ||
    labels[DEV_FOLDER] !== undefined ||
    Object.keys(labels).some(isKubernetes)
  );
}

type Labels = Readonly<Record<string, string>>;

const PROJECT = "com.docker.compose.project";
const SERVICE = "com.docker.compose.service";
const NUMBER = "com.docker.compose.container-number";
const COMPOSE = [PROJECT, SERVICE, NUMBER, "com.docker.compose.config-hash"];
const SWARM_SERVICE = "com.docker.swarm.service.name";
const SWARM_TASK = "com.docker.swarm.task.name";
const SWARM = [SWARM_SERVICE, SWARM_TASK];
const DEV_FOLDER = "devcontainer.local_folder";
const DEV_CONFIG = "devcontainer.config_file";
const DEV = [DEV_FOLDER, DEV_CONFIG];

/** Labels are set by the container's author: accept only values that cannot be confused with another identity. */
function isSegment(label: string | undefined): label is string {
  return label !== undefined && label.length <= 200 && /^[^/\s\p{Cs}]+$/u.test(label);
}

/**
 * The contract's limit is 600. If the name is too long or has unusual characters, the ID keeps its beginning, and a hash makes it unique.
 */
function nameId(name: string): string {
  if (name.length <= 595 && /^[^/\s\p{Cs}]+$/u.test(name)) return `name:${name}`;
  return `name:${name.slice(0, 200).replaceAll(/[/\s\p{Cs}]/gu, "_")}~${digest(name)}`;
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

/** Control characters, and characters that are invisible or change the text direction: names are shown among other words, and in logs. */
const ILLEGIBLE = /[\p{Cc}\p{Cs}\u061c\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu;
/** Longer names are unreadable. Some CI tools build them from a whole job matrix. */
const MOST_SHOWN = 250;

/** A text from the engine, shortened for display. */
export function shown(text: string): string {
  const cut = text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN - 1)}…` : text;
  return cut.replace(ILLEGIBLE, "\ufffd");
}

/** Containers that are never offered, because no Docker view shows them. */
export function isHidden(container: Pick<ContainerFacts, "labels">): boolean {
  return isExtensionContainer(container) || Object.keys(container.labels).some(isKubernetes);
}

/** The extension's own containers, and other extensions'. */
export function isExtensionContainer({ labels }: Pick<ContainerFacts, "labels">): boolean {
  return Object.keys(labels).some(
    (label) =>
      label === ROLE_LABEL ||
      label === "com.docker.desktop.plugin" ||
      label.startsWith("com.docker.desktop.extension"),
  );
}

/** Source: https://github.com/Mirantis/cri-dockerd, `libdocker/helpers.go`. */
function isKubernetes(label: string): boolean {
  return label.startsWith("io.kubernetes.");
}
