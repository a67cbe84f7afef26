/** Runs a program and sees what it and the processes that it starts cost. From /proc, so on Linux only. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";

export interface Cost {
  readonly wallMs: number;
  /** Of the provider processes, in all. */
  readonly cpuMs: number;
  /** Of the largest provider process. */
  readonly peakBytes: number;
  /** Written to disk by the program that was started, and by those that it waited for. */
  readonly writtenBytes: number;
  /** What processes that have no part in it took of the machine's CPU meanwhile, as a share of all that there is. */
  readonly others: number;
}

const samplingMs = 25;
/** Of `utime` and `stime`: 100 a second, wherever Linux runs. */
const tickMs = 10;

/**
 * @param isProvider by the command line of a process
 * @param server process id of the server that it asks
 * @throws with all that was printed, if the program fails
 */
export async function measure(
  command: readonly [string, ...string[]],
  options: { cwd: string; env: Record<string, string> },
  isProvider: (commandLine: string) => boolean,
  server: number,
): Promise<Cost> {
  const providers = new Map<number, { cpuMs: number; peakBytes: number }>();
  const known = new Map<number, boolean>();
  const sample = (pid: number) => {
    if (known.get(pid) !== true) known.set(pid, isProvider(text(`/proc/${pid}/cmdline`)));
    if (known.get(pid)) providers.set(pid, costOf(pid) ?? providers.get(pid) ?? nothing);
    for (const child of childrenOf(pid)) sample(child);
  };
  const [written, machine, own] = [writtenBytes(), machineTicks(), ownTicks(server)];
  const began = performance.now();
  const [program, ...args] = command;
  const child = spawn(program, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (part: string) => {
      output += part;
    });
  const sampler = setInterval(() => sample(child.pid as number), samplingMs);
  const [code] = await once(child, "close");
  const wallMs = performance.now() - began;
  clearInterval(sampler);
  if (code !== 0) throw new Error(`${command.join(" ")}: ${output}`);
  const costs = [...providers.values()];
  const now = machineTicks();
  return {
    wallMs,
    cpuMs: costs.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
    peakBytes: Math.max(0, ...costs.map(({ peakBytes }) => peakBytes)),
    writtenBytes: writtenBytes() - written,
    others: (now.busy - machine.busy - (ownTicks(server) - own)) / (now.all - machine.all),
  };
}

const nothing = { cpuMs: 0, peakBytes: 0 };

/** Empty for a process that has ended. */
function text(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function childrenOf(pid: number): number[] {
  let threads: string[];
  try {
    threads = readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
  return threads.flatMap((thread) =>
    text(`/proc/${pid}/task/${thread}/children`).split(" ").filter(Boolean).map(Number),
  );
}

function costOf(pid: number): { cpuMs: number; peakBytes: number } | undefined {
  const ticks = ticksOf(pid);
  const [, peak] = /VmHWM:\s*(\d+) kB/.exec(text(`/proc/${pid}/status`)) ?? [];
  if (ticks === undefined || peak === undefined) return undefined;
  return { cpuMs: ticks.own * tickMs, peakBytes: Number(peak) * 1024 };
}

function ticksOf(pid: number): { own: number; children: number } | undefined {
  // After the name, which may hold blanks: state, ppid, …, as 12th to 15th utime, stime, cutime and cstime.
  const fields = text(`/proc/${pid}/stat`).split(") ")[1]?.split(" ").slice(11, 15).map(Number);
  if (fields === undefined) return undefined;
  const [user = 0, system = 0, childrenUser = 0, childrenSystem = 0] = fields;
  return { own: user + system, children: childrenUser + childrenSystem };
}

/** Of this process, all that it has waited for, and the server. */
function ownTicks(server: number): number {
  const { own = 0, children = 0 } = ticksOf(process.pid) ?? {};
  return own + children + (ticksOf(server)?.own ?? 0);
}

/** Of this process and all that it has waited for. */
function writtenBytes(): number {
  return Number(/^write_bytes: (\d+)/m.exec(text("/proc/self/io"))?.[1]);
}

function machineTicks(): { busy: number; all: number } {
  const ticks = (text("/proc/stat").split("\n")[0] ?? "").split(/\s+/).slice(1, 9).map(Number);
  const all = ticks.reduce((sum, n) => sum + n, 0);
  return { busy: all - (ticks[3] ?? 0) - (ticks[4] ?? 0), all };
}
