import { grpc, later, type Struct } from "./sdk";
import { give, take } from "./wire";

type Bag = Readonly<Record<string, unknown>>;

/** A resource for the engine to register. */
export interface Registration {
  readonly type: string;
  readonly name: string;
  readonly inputs: object;
  /** Names of inputs that are secret. */
  readonly secrets?: readonly string[];
  /** URN. */
  readonly parent?: string;
  /** Reference of the provider; none: a component. */
  readonly provider?: string;
  /** A type that the resource had before. */
  readonly typeBefore?: string;
  readonly aliases?: readonly AliasMessage[];
  /** URNs of resources that it waits for. */
  readonly dependsOn?: readonly string[];
  /** URNs of resources that an input is from. */
  readonly inputsFrom?: Readonly<Record<string, readonly string[]>>;
  /** If omitted, that of the parent. */
  readonly protect?: boolean | undefined;
  readonly retainOnDelete?: boolean | undefined;
  /** Names of outputs. */
  readonly secretOutputs?: readonly string[];
}

/** A resource that is registered. */
export interface Registered {
  readonly urn: string;
  readonly id: string;
  readonly outputs: Bag;
}

type AliasMessage = InstanceType<ReturnType<typeof later.alias>["Alias"]>;

/** The engine's monitor of resources, which a component tells of its parts. */
export class Monitor {
  readonly #client;

  constructor(address: string) {
    const { ResourceMonitorClient } = later.monitor();
    this.#client = new ResourceMonitorClient(address, grpc.credentials.createInsecure(), {
      "grpc.max_receive_message_length": -1,
    });
  }

  /**
   * Registers a resource, and with it has the engine do whatever it takes.
   *
   * @throws if that fails, which the engine tells beside the resource
   */
  async register(registration: Registration): Promise<Registered> {
    const { name, provider, parent = "", protect, retainOnDelete } = registration;
    const { RegisterResourceRequest, Result } = later.resource();
    const request = new RegisterResourceRequest();
    request.setType(registration.type);
    request.setName(name);
    request.setParent(parent);
    request.setCustom(provider !== undefined);
    request.setProvider(provider ?? "");
    request.setObject(give(registration.inputs, registration.secrets));
    const { dependsOn = [], inputsFrom = {} } = registration;
    request.setDependenciesList([...new Set([...dependsOn, ...Object.values(inputsFrom).flat()])]);
    for (const [input, urns] of Object.entries(inputsFrom)) {
      const dependencies = new RegisterResourceRequest.PropertyDependencies();
      dependencies.setUrnsList([...urns]);
      request.getPropertydependenciesMap().set(input, dependencies);
    }
    request.setAliasesList([...(registration.aliases ?? []), ...aliasOf(registration)]);
    request.setAliasspecs(true);
    request.setAdditionalsecretoutputsList([...(registration.secretOutputs ?? [])]);
    request.setAcceptsecrets(true);
    request.setSupportspartialvalues(true);
    request.setSupportsresultreporting(true);
    if (protect !== undefined) request.setProtect(protect);
    if (retainOnDelete !== undefined) request.setRetainondelete(retainOnDelete);
    const response = await new Promise<RegisterResponse>((resolve, reject) =>
      this.#client.registerResource(request, (error, answer) =>
        error ? reject(error) : resolve(answer),
      ),
    );
    if (response.getResult() !== Result.SUCCESS) throw new Error(`Resource ${name} failed.`);
    const { values } = take(response.getObject());
    return { urn: response.getUrn(), id: response.getId(), outputs: values };
  }

  /** Tells the engine that a component is complete. */
  async registerOutputs(urn: string, outputs: Struct): Promise<void> {
    const request = new (later.resource().RegisterResourceOutputsRequest)();
    request.setUrn(urn);
    request.setOutputs(outputs);
    await new Promise<void>((resolve, reject) =>
      this.#client.registerResourceOutputs(request, (error) => (error ? reject(error) : resolve())),
    );
  }

  close(): void {
    this.#client.close();
  }
}

interface RegisterResponse {
  getUrn(): string;
  getId(): string;
  getObject(): Struct | undefined;
  getResult(): number;
}

function aliasOf({ typeBefore }: Registration): AliasMessage[] {
  if (typeBefore === undefined) return [];
  const { Alias } = later.alias();
  const spec = new Alias.Spec();
  spec.setType(typeBefore);
  const alias = new Alias();
  alias.setSpec(spec);
  return [alias];
}
