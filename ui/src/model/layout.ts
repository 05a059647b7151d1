import type { Workload } from "@tailnet-share/contract/model";
import { fullName } from "./names.ts";

export interface ListView {
  readonly search: string;
  readonly sharedOnly: boolean;
  readonly grouped: boolean;
}

/** One line of the list: a group's heading or a workload. */
export type Item =
  | { readonly kind: "group"; readonly key: string; readonly group: Group }
  | { readonly kind: "row"; readonly key: string; readonly workload: Workload };

export interface Group {
  readonly title: string;
  /** Null for groups that are no compose project: they have no switch of their own. */
  readonly project: string | null;
  readonly workloads: readonly Workload[];
}

/** Made once: to make one for each comparison takes longer than everything else in a filter. */
const ORDER = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
const GONE = "Not here now";
const ALONE = "Without a project";

/** The list's lines in order: projects by name, containers of no project, and last the shares without a container. */
export function layout(workloads: readonly Workload[], view: ListView): Item[] {
  const shown = workloads.filter((workload) => matches(workload, view)).sort(byName);
  const here = shown.filter(({ run }) => run !== "removed");
  const gone = shown.filter(({ run }) => run === "removed");
  // A single heading over everything says nothing.
  const items =
    view.grouped && here.some(({ project }) => project !== null)
      ? groupsOf(here).flatMap(withHeading)
      : here.map(rowOf);
  return gone.length === 0
    ? items
    : [...items, ...withHeading({ title: GONE, project: null, workloads: gone })];
}

/** What a screen reader calls the line. */
export function labelOf(item: Item): string {
  return item.kind === "row" ? fullName(item.workload) : `${item.group.title}, ${summaryOf(item.group)}`;
}

export function summaryOf({ workloads }: Group): string {
  const shared = workloads.filter(isShared).length;
  return shared > 0 ? `${shared} of ${workloads.length} shared` : `${workloads.length}`;
}

function groupsOf(workloads: readonly Workload[]): Group[] {
  const byProject = new Map<string | null, Workload[]>();
  for (const workload of workloads) {
    const members = byProject.get(workload.project);
    if (members) members.push(workload);
    else byProject.set(workload.project, [workload]);
  }
  const projects = [...byProject.keys()].filter((project) => project !== null).sort(compare);
  const groups: Group[] = projects.map((project) => ({
    title: project,
    project,
    workloads: byProject.get(project) ?? [],
  }));
  const alone = byProject.get(null);
  return alone ? [...groups, { title: ALONE, project: null, workloads: alone }] : groups;
}

function withHeading(group: Group): Item[] {
  const key = group.project === null ? `group:${group.title}` : `project:${group.project}`;
  return [{ kind: "group", key, group }, ...group.workloads.map(rowOf)];
}

function rowOf(workload: Workload): Item {
  return { kind: "row", key: workload.id, workload };
}

/** Also while what was set up for it is still being taken away. */
export function isShared({ share, ending }: Workload): boolean {
  return share !== null || ending !== null;
}

function matches(workload: Workload, { search, sharedOnly }: ListView): boolean {
  if (sharedOnly && !isShared(workload)) return false;
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return true;
  const { name, project, image, ports, share } = workload;
  const text = `${name} ${project ?? ""} ${image} ${share?.machine?.name ?? ""}`.toLowerCase();
  const numbers = [
    ...ports.map(({ port }) => port),
    ...(share?.ports ?? []).flatMap((p) => [p.port, p.nodePort]),
  ];
  return words.every((word) => text.includes(word) || numbers.some((number) => String(number) === word));
}

function byName(a: Workload, b: Workload): number {
  return compare(a.name, b.name) || compare(a.id, b.id);
}

function compare(a: string, b: string): number {
  return ORDER.compare(a, b);
}
