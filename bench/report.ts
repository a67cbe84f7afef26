/** Writes what was measured: docs/performance.md from its template, and the picture. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join, resolve } from "node:path";
import { type Setting, type Step, type Verb, verbs } from "./cycle";
import { barChart } from "./plot";

export interface Results {
  readonly steps: (Step & {
    readonly round: number;
    readonly setting: Setting;
    readonly contender: string;
  })[];
  readonly starts: { readonly what: string; readonly bareMs: number; readonly oursMs: number }[];
}

type Measured = Results["steps"][number];

/** More CPU than this taken by others, and a step is measured in vain. */
const disturbed = 0.05;

export function writeReport(all: Results, folder: string): void {
  mkdirSync(folder, { recursive: true });
  const results = { ...all, steps: undisturbed(all.steps) };
  const groups = [...groupBy(results.steps, nameOf)];
  const parts: Record<string, string> = {
    machine: machine(results),
    starts: startTable(results),
    times: groups.map(([name, steps]) => `#### ${name}\n\n${timeTable(steps)}`).join("\n\n"),
    costs: sections(groups, costTable),
    requests: sections(groups, requestTable),
    state: stateTable(groups),
  };
  const template = readFileSync(resolve(__dirname, "..", "..", "bench", "performance.md"), "utf8");
  const text = template.replace(/\{\{(\w+)\}\}/g, (_, part: string) => parts[part] ?? "");
  writeFileSync(join(folder, "performance.md"), text);
  writeFileSync(join(folder, "performance.svg"), chart(groups));
}

/** To the console: what each contender took, as a multiple of the floor. */
export function printRatios({ steps }: Results): void {
  for (const [name, all] of groupBy(steps, nameOf)) {
    const floor = all[0]?.contender;
    const took = (contender: string | undefined, verb: Verb) =>
      median(
        all
          .filter((step) => step.contender === contender && step.verb === verb)
          .map(({ cost }) => cost.wallMs),
      );
    console.log(`\n${name}`);
    console.table(
      Object.fromEntries(
        [...groupBy(all, ({ contender }) => contender).keys()].map((contender) => [
          contender,
          Object.fromEntries(
            verbs.map((verb) => [verb, ratio(took(contender, verb), took(floor, verb))]),
          ),
        ]),
      ),
    );
  }
}

/** Where all rounds of a step were disturbed, the least disturbed one. */
function undisturbed(steps: Results["steps"]): Measured[] {
  const same = groupBy(steps, (step) => `${nameOf(step)} ${step.contender} ${step.verb}`);
  return [...same.values()].flatMap((rounds) => {
    const fair = rounds.filter(({ cost }) => cost.others <= disturbed);
    const [best] = [...rounds].sort((a, b) => a.cost.others - b.cost.others);
    return fair.length > 0 || best === undefined ? fair : [best];
  });
}

/** Of those with a thousand people or more: smaller ones tell nothing more. */
function sections(groups: [string, Measured[]][], table: (steps: Measured[]) => string): string {
  const people = (steps: Measured[]) => steps[0]?.setting.people ?? 0;
  const most = Math.max(...groups.map(([, steps]) => people(steps)));
  return groups
    .filter(([, steps]) => people(steps) >= Math.min(most, 1000))
    .map(([name, steps]) => `#### ${name}\n\n${table(steps)}`)
    .join("\n\n");
}

function nameOf({ setting: { people, speed, env = {}, options = [] } }: Measured): string {
  const set = [...Object.entries(env).map(([key, value]) => `${key}=${value}`), ...options];
  const many = people === 1 ? "1 person" : `${people.toLocaleString("en")} people`;
  return `${many}, ${speed}${set.length > 0 ? `, \`${set.join(" ")}\`` : ""}`;
}

function machine({ steps }: Results): string {
  const rounds = Math.max(...steps.map(({ round }) => round));
  const others = median(steps.map(({ cost }) => cost.others));
  const model = cpus()[0]?.model.trim() ?? "unknown";
  const date = new Date().toISOString().slice(0, 10);
  return `${date}, ${cpus().length} cores (${model}), Node ${process.version}; ${rounds === 1 ? "one round" : `${rounds} rounds`}. Of each step count the rounds in which other processes took ${disturbed * 100} % of the CPU at most. A star: there was none, of this contender or of the floor, and the least disturbed one is shown, without comparison. Median of what others took: ${Math.round(others * 100)} %.`;
}

function startTable({ starts }: Results): string {
  const rows = [...groupBy(starts, ({ what }) => what)].map(([what, times]) => {
    const bare = median(times.map(({ bareMs }) => bareMs));
    const ours = median(times.map(({ oursMs }) => oursMs));
    return [what, `${Math.round(bare)} ms`, `${Math.round(ours)} ms`, ratio(ours, bare)];
  });
  return table(["", "without this package", "with it", ""], rows);
}

/** Wall time: median, least and most, and how many times the floor's. */
function timeTable(steps: Measured[]): string {
  const floor = steps[0]?.contender;
  return byContender(steps, (own, verb) => {
    const times = own(verb).map(({ cost }) => cost.wallMs);
    if (times.length === 0) return "–";
    const base = steps.filter((step) => step.contender === floor && step.verb === verb);
    const times0 = median(base.map(({ cost }) => cost.wallMs));
    const spread =
      times.length > 1 ? ` (${seconds(Math.min(...times))}–${seconds(Math.max(...times))})` : "";
    const isFair = [...own(verb), ...base].every(({ cost }) => cost.others <= disturbed);
    const compared = isFair ? `, ${ratio(median(times), times0)}` : " *";
    return `${seconds(median(times))} s${spread}${compared}`;
  });
}

function costTable(steps: Measured[]): string {
  return byContender(steps, (own, verb) => {
    const costs = own(verb).map(({ cost }) => cost);
    if (costs.length === 0) return "–";
    const cpu = median(costs.map(({ cpuMs }) => cpuMs));
    const peak = median(costs.map(({ peakBytes }) => peakBytes));
    return `${seconds(cpu)} s, ${Math.round(peak / 1e6)} MB`;
  });
}

function requestTable(steps: Measured[]): string {
  return byContender(steps, (own, verb) => {
    const counts = own(verb);
    if (counts.length === 0) return "–";
    const routes = [...new Set(counts.flatMap(({ requests }) => Object.keys(requests)))];
    if (routes.length === 0) return "none";
    const inFlight = Math.max(...counts.map((step) => step.inFlight));
    const each = routes.map(
      (route) => `${Math.max(...counts.map(({ requests }) => requests[route] ?? 0))} ${route}`,
    );
    return `${each.join(", ")}; ${inFlight} at once`;
  });
}

function stateTable(groups: [string, Measured[]][]): string {
  const rows = groups.flatMap(([name, steps]) =>
    [...groupBy(steps, ({ contender }) => contender)].flatMap(([contender, own]) => {
      const ups = own.filter(({ verb }) => verb === "up from nothing");
      const people = ups[0]?.setting.people ?? 0;
      if (people < 100 || ups[0]?.stateBytes === undefined) return [];
      const bytes = median(ups.map(({ stateBytes = 0 }) => stateBytes));
      const written = median(ups.map(({ cost }) => cost.writtenBytes));
      const perPerson = Math.round(bytes / people).toLocaleString("en");
      return [[name, contender, perPerson, `${(written / 1e6).toFixed(0)} MB`]];
    }),
  );
  return table(["", "", "bytes of state per person", "written during `up` from nothing"], rows);
}

function chart(groups: [string, Measured[]][]): string {
  const charts = groups
    .filter(([, steps]) => new Set(steps.map(({ contender }) => contender)).size > 2)
    .filter(([, [step]]) => (step?.setting.people ?? 0) >= 100)
    .map(([title, steps]) => ({
      title: `${title}: seconds`,
      groups: verbs.map((verb) => ({
        label: verb,
        bars: [...groupBy(steps, ({ contender }) => contender)]
          .map(([label, own]) => ({
            label,
            value: median(own.filter((s) => s.verb === verb).map(({ cost }) => cost.wallMs)) / 1000,
          }))
          .filter(({ value }) => !Number.isNaN(value)),
      })),
    }));
  return barChart(charts);
}

function byContender(
  steps: Measured[],
  cell: (own: (verb: Verb) => Measured[], verb: Verb) => string,
): string {
  const rows = [...groupBy(steps, ({ contender }) => contender)].map(([contender, all]) => {
    const own = (verb: Verb) => all.filter((step) => step.verb === verb);
    return [contender, ...verbs.map((verb) => cell(own, verb))];
  });
  return table(["", ...verbs], rows);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}

/** NaN of nothing. */
function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(ms < 10_000 ? 2 : 1);
}

/** A dash for what was not measured. */
function ratio(value: number, base: number): string {
  return Number.isFinite(value / base) ? `${(value / base).toFixed(2)} ×` : "–";
}
