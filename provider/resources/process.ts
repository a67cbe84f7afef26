import { EngineWatch } from "../deployment/engine";
import { Meeting } from "../deployment/meeting";
import type { Organization } from "../lifecycle/act";
import { resolveSettings, type Settings, type SettingsResult } from "../settings";
import type { AdminClient } from "../trieve/admin";
import { KeyRing } from "./apiKey";
import type { Server } from "./organization";
import type { Surroundings } from "./person";

type Warn = (text: string) => void;

/** What one operation has around it: the deployment, the server, and somebody who hears warnings. */
export interface Around extends Surroundings {
  /** @throws if the settings do not suffice to ask it */
  readonly server: () => Promise<Server>;
}

/** What a provider process has one of, whatever the engine calls it by: settings, lists, the way to the deployment. */
export class ProviderProcess {
  /** What it knows of API keys. */
  readonly keys = new KeyRing();
  readonly meeting: Meeting;
  readonly #engine: EngineWatch;
  #configured: SettingsResult = resolveSettings(() => undefined, process.env);
  #client: Promise<AdminClient> | undefined;
  readonly #organizations = new Map<string, Promise<Organization>>();
  #isCancelled = false;

  /**
   * @param engineAddress of the engine that started it
   * @param warn for what belongs to no operation
   */
  constructor(
    engineAddress: string,
    private readonly warn: Warn,
  ) {
    this.meeting = new Meeting(engineAddress);
    this.#engine = new EngineWatch(engineAddress, () => process.exit());
  }

  /** All kinds of resource share the lists and the order of writes: equal settings change nothing. */
  configure(settings: SettingsResult): void {
    if (JSON.stringify(settings) === JSON.stringify(this.#configured)) return;
    this.#configured = settings;
    this.#client = undefined;
    this.#organizations.clear();
  }

  get configured(): SettingsResult {
    return this.#configured;
  }

  /** Undefined where something is wrong with them. */
  get settings(): Settings | undefined {
    return this.#configured.settings;
  }

  /** What is wrong with the settings. */
  get problems(): readonly string[] {
    return this.#configured.problems;
  }

  /** Of the settings; `null`: one was given that is wrong, as a problem says. */
  get organizationId(): string | null | undefined {
    return (this.#configured.settings ?? this.#configured).organizationId;
  }

  /** Runs an operation of the engine's. */
  run<T>(operation: () => Promise<T>): Promise<T> {
    return this.#engine.run(operation);
  }

  /** What is begun comes to its end, and nothing more is begun. */
  cancel(): void {
    this.#isCancelled = true;
  }

  /** The deployment is over. */
  end(): void {
    this.meeting.end();
  }

  /** @param warn beside the resource of the operation, where the engine can show it there */
  around(warn: Warn): Around {
    const { meeting } = this;
    return {
      organization: async (organizationId) => ({
        ...(await this.#organization(organizationId)),
        warn,
      }),
      server: async () => ({ client: await this.#connected(), mayBegin: this.#mayBegin, warn }),
      isDeclared: (person) => meeting.isDeclared(person),
      isDeclaredElsewhere: (person, instance) => meeting.isDeclaredElsewhere(person, instance),
      declaredTwice: (person) => meeting.declaredTwice(person),
      approvalOf: (roster) => meeting.approvalOf(roster),
      warn,
    };
  }

  #organization(organizationId: string): Promise<Organization> {
    const known = this.#organizations.get(organizationId) ?? this.#open(organizationId);
    this.#organizations.set(organizationId, known);
    return known;
  }

  async #open(organizationId: string): Promise<Organization> {
    const { links } = this.#settled();
    const [{ Directory }, { OwnerWrites }] = await Promise.all([
      import("../trieve/directory.js"),
      import("../lifecycle/owners.js"),
    ]);
    return {
      directory: new Directory(await this.#connected(), organizationId),
      owners: new OwnerWrites(organizationId),
      links,
      mayBegin: this.#mayBegin,
      warn: this.warn,
    };
  }

  readonly #mayBegin = async (): Promise<void> => {
    if (this.#isCancelled) throw new Error("The run was cancelled before this operation started.");
    await this.#engine.assertAlive();
  };

  #settled(): Settings {
    const { settings, problems } = this.#configured;
    if (!settings) throw new Error(`${problems.join("; ")}.`);
    return settings;
  }

  #connected(): Promise<AdminClient> {
    const { connection } = this.#settled();
    this.#client ??= import("../trieve/admin.js").then(
      ({ AdminClient }) => new AdminClient({ ...connection, onWaiting: this.warn }),
    );
    return this.#client;
  }
}
