import type { Workload } from "@tailnet-share/contract/workload";
import { fullName } from "./names.ts";

export interface ListView {
  readonly search: string;
  readonly sharedOnly: boolean;
  readonly grouped: boolean;
}

/** One line of the list: a group heading or a workload. */
export type Item =
  | { readonly kind: "group"; readonly key: string; readonly group: Group }
  | { readonly kind: "row"; readonly key: string; readonly workload: Workload };

export interface Group {
  readonly title: string;
  /** The Compose project; null for other groups, which have no switch of their own. */
  readonly project: string | null;
  /** The workloads listed under the heading. */
  readonly workloads: readonly Workload[];
  /** All members of the group, including those hidden by a filter and, for a project, shares whose containers are gone. */
  readonly members: readonly Workload[];
}

/** Built once: building one per comparison would dominate the cost of a filter. */
const ORDER = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
const GONE = "Removed containers";
const ALONE = "Standalone containers";

/** Returns the list's lines in order: projects by name, containers without a project, and last the shares without a container. */
export function layout(workloads: readonly Workload[], view: ListView): Item[] {
  const shown = workloads.filter((workload) => matches(workload, view)).sort(byName);
  const here = shown.filter((workload) => !isGone(workload));
  const gone = shown.filter(isGone);
  // A single heading over everything adds nothing.
  const items =
    view.grouped && here.some(({ project }) => project !== null)
      ? groupsOf(here, workloads).flatMap(withHeading)
      : here.map(rowOf);
  return gone.length === 0
    ? items
    : [
        ...items,
        ...withHeading({ title: GONE, project: null, workloads: gone, members: workloads.filter(isGone) }),
      ];
}

/** The line's accessible name. */
export function labelOf(item: Item): string {
  return item.kind === "row" ? fullName(item.workload) : `${item.group.title}, ${summaryOf(item.group)}`;
}

export function summaryOf({ workloads, members }: Group): string {
  const shared = members.filter(isShared).length;
  const all = shared > 0 ? `${shared} of ${members.length} shared` : `${members.length}`;
  const here = members.filter((member) => !isGone(member)).length;
  // A project's shares without containers are listed under another heading.
  return workloads.length < (here || members.length) ? `${all} · ${workloads.length} shown` : all;
}

function groupsOf(shown: readonly Workload[], all: readonly Workload[]): Group[] {
  const under = byProject(shown);
  const of = byProject(all);
  const projects = [...under.keys()].filter((project) => project !== null).sort(compare);
  const groups: Group[] = projects.map((project) => ({
    title: project,
    project,
    workloads: under.get(project) ?? [],
    members: of.get(project) ?? [],
  }));
  const alone = under.get(null);
  const members = (of.get(null) ?? []).filter((workload) => !isGone(workload));
  return alone ? [...groups, { title: ALONE, project: null, workloads: alone, members }] : groups;
}

function byProject(workloads: readonly Workload[]): ReadonlyMap<string | null, Workload[]> {
  const projects = new Map<string | null, Workload[]>();
  for (const workload of workloads) {
    const members = projects.get(workload.project);
    if (members) members.push(workload);
    else projects.set(workload.project, [workload]);
  }
  return projects;
}

function isGone({ run }: Workload): boolean {
  return run === "removed";
}

function withHeading(group: Group): Item[] {
  const key = group.project === null ? `group:${group.title}` : `project:${group.project}`;
  return [{ kind: "group", key, group }, ...group.workloads.map(rowOf)];
}

function rowOf(workload: Workload): Item {
  return { kind: "row", key: workload.id, workload };
}

/** Stays true while the share is still being removed. */
export function isShared({ share, ending }: Workload): boolean {
  return share !== null || ending !== null;
}

function matches(workload: Workload, { search, sharedOnly }: ListView): boolean {
  if (sharedOnly && !isShared(workload)) return false;
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return true;
  const { name, image, ports, share } = workload;
  // Matches the names that the panel shows, `shop/web` and `worker #2`.
  const text = `${fullName(workload)} ${name} ${image} ${share?.machine?.name ?? ""}`.toLowerCase();
  const endpoints = share?.exposure.state === "live" ? share.exposure.endpoints : [];
  const numbers = [
    ...ports.map(({ port }) => port),
    ...[...(share?.ports ?? []), ...endpoints].flatMap((p) => [p.port, p.nodePort]),
  ];
  return words.every((word) => text.includes(word) || numbers.some((port) => portIs(port, word)));
}

/** Matches the form in an address, too: `:8080`. */
function portIs(port: number, word: string): boolean {
  return word === String(port) || word === `:${port}`;
}

export function isFiltered({ search, sharedOnly }: ListView): boolean {
  return sharedOnly || search.trim() !== "";
}

function byName(a: Workload, b: Workload): number {
  return compare(a.name, b.name) || compare(a.id, b.id);
}

function compare(a: string, b: string): number {
  return ORDER.compare(a, b);
}
