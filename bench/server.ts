/** The simulator in a process of its own, so that its work is not counted as anybody's. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { type SimulatorOptions, startSimulator } from "../simulator";

/** How long requests take, by name. */
export const speeds = {
  "no service time": {},
  // Seen at a real server; a list of 1,000 people takes 20 ms.
  "service times of a real server": {
    serviceTimes: { row: 0.02, other: 10 },
    mailDelayMs: 150,
  },
} satisfies Record<string, SimulatorOptions>;

export type Speed = keyof typeof speeds;

/** How many requests, by route. */
export type Requests = Readonly<Record<string, number>>;

export interface Organization {
  readonly url: string;
  readonly id: string;
  readonly apiKey: string;
}

/** What the process is asked, and what it answers. */
interface Questions {
  /** Makes an organization. */
  organization: Organization;
  /** Requests since the last time, and the most that were in flight at once. */
  requests: { readonly byRoute: Requests; readonly inFlight: number };
}

export class Server {
  private constructor(private readonly process: ChildProcess) {}

  static async start(speed: Speed): Promise<Server> {
    const process = fork(__filename, [speed]);
    await once(process, "message");
    return new Server(process);
  }

  get pid(): number {
    return this.process.pid as number;
  }

  async ask<Q extends keyof Questions>(question: Q): Promise<Questions[Q]> {
    const answer = once(this.process, "message");
    this.process.send(question);
    const [message] = await answer;
    return message as Questions[Q];
  }

  async stop(): Promise<void> {
    this.process.kill();
    await once(this.process, "exit");
  }
}

async function main(speed: Speed): Promise<void> {
  // A plain provider sends more than ten requests at once, which would lock it for good as it locks the real one.
  const simulator = await startSimulator({ ...speeds[speed], hangs: false });
  let seen = 0;
  let organizations = 0;
  const answers: { [Q in keyof Questions]: () => Questions[Q] } = {
    organization: () => {
      organizations += 1;
      return { url: simulator.url, ...simulator.createOrganization(`bench ${organizations}`) };
    },
    requests: () => {
      const byRoute: Record<string, number> = {};
      for (const { route } of simulator.requests.slice(seen))
        byRoute[route] = (byRoute[route] ?? 0) + 1;
      seen = simulator.requests.length;
      const inFlight = simulator.highestInFlight;
      simulator.resetCounters();
      return { byRoute, inFlight };
    },
  };
  process.on("message", (question: keyof Questions) => process.send?.(answers[question]()));
  process.send?.("ready");
}

if (require.main === module) void main(process.argv[2] as Speed);
