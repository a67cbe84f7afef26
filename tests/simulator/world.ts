import { type Simulator, type SimulatorOptions, startSimulator } from "../../simulator";
import { messageOf, type Reply, type Sending, send } from "./http";

/** A simulator with one organization, and requests to it. */
export interface World {
  simulator: Simulator;
  organization: { id: string; name: string; apiKey: string };
  /** A request with the organization's key and header unless told otherwise; null leaves a header out. */
  ask(method: string, path: string, sending?: Asking): Promise<Reply>;
  /** A POST /api/invitation. */
  invite(email: string, more?: Record<string, unknown>, sending?: Asking): Promise<Reply>;
}

/** What may differ from the usual request. */
export interface Asking extends Omit<Sending, "headers"> {
  key?: string | null;
  organization?: string | null;
  headers?: Record<string, string>;
}

/** A body that passes every check. */
export function invitationTo(email: string, more: Record<string, unknown> = {}) {
  const links = { app_url: "http://t.example/api", redirect_uri: "http://d.example/" };
  return { email, user_role: 0, ...links, ...more };
}

/** Status and, if the body has one, message: what most tables look at. */
export function outcome(reply: Reply): string {
  const json = reply.headers["content-type"] === "application/json";
  return json && reply.body.startsWith('{"message"')
    ? `${reply.status} ${messageOf(reply)}`
    : `${reply.status}`;
}

/** Starts a simulator for each test of the enclosing suite, and ends it. */
export function eachTest(options: SimulatorOptions = {}): World {
  const world = {} as World;
  beforeEach(async () => {
    const simulator = await startSimulator(options);
    const organization = simulator.createOrganization("acme");
    world.simulator = simulator;
    world.organization = organization;
    world.ask = (method, path, asking = {}) => {
      const { key = organization.apiKey, organization: header = organization.id } = asking;
      const headers: Record<string, string> = { ...asking.headers };
      if (key !== null) {
        headers.Authorization = key;
      }
      if (header !== null) {
        headers["TR-Organization"] = header;
      }
      return send(simulator.url, method, path, { headers, body: asking.body });
    };
    world.invite = (email, more, asking) =>
      world.ask("POST", "/api/invitation", { body: invitationTo(email, more), ...asking });
  });
  afterEach(() => world.simulator.close());
  return world;
}
