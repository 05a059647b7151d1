import { JsonReporter, type Reporter } from "vitest/node";

type TestModules = Parameters<NonNullable<Reporter["onTestRunEnd"]>>[0];

/** A `describe` whose `beforeAll` or `afterAll` failed: its file's path, its title with those around it, and each error's message. */
export interface HookFailure {
  readonly file: string;
  readonly title: string;
  readonly messages: readonly string[];
}

/** Vitest's JSON report, with the failures of hooks as `hookFailures`. Without them, a failing `beforeAll` leaves no reason in it. */
export default class Report extends JsonReporter {
  #hookFailures: readonly HookFailure[] = [];

  constructor() {
    super({});
  }

  override async onTestRunEnd(modules: TestModules): Promise<void> {
    this.#hookFailures = hookFailuresIn(modules);
    // The base class declares a narrower type for the same value.
    await super.onTestRunEnd(modules as Parameters<JsonReporter["onTestRunEnd"]>[0]);
  }

  override async writeReport(report: string): Promise<void> {
    const content = JSON.parse(report) as object;
    await super.writeReport(JSON.stringify({ ...content, hookFailures: this.#hookFailures }));
  }
}

function hookFailuresIn(modules: TestModules): HookFailure[] {
  return modules.flatMap((module) =>
    [...module.children.allSuites()].flatMap((suite) => {
      const messages = suite.errors().map(({ message }) => message);
      return messages.length === 0 ? [] : [{ file: module.moduleId, title: suite.fullName, messages }];
    }),
  );
}
