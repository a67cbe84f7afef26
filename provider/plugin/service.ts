import { readFileSync } from "node:fs";
import { join } from "node:path";
import type {
  CheckRequest,
  CheckResponse,
  ConfigureRequest,
  ConfigureResponse,
  ConstructRequest,
  ConstructResponse,
  CreateRequest,
  CreateResponse,
  DeleteRequest,
  DiffRequest,
  DiffResponse,
  GetSchemaResponse,
  InvokeRequest,
  InvokeResponse,
  ProviderHandshakeRequest,
  ProviderHandshakeResponse,
  ReadRequest,
  ReadResponse,
  UpdateRequest,
  UpdateResponse,
} from "@pulumi/pulumi/proto/provider_pb";
import { forgetNames } from "../deployment/named";
import { unknownValue } from "../lifecycle/check";
import { type Inputs, idOf, type Outputs } from "../lifecycle/state";
import { printable } from "../printable";
import { kinds, unknownArguments } from "../resources/kinds";
import type { Previews } from "../resources/preview";
import type { Around, ProviderProcess } from "../resources/process";
import type { Rosters } from "../resources/rosterPreview";
import { unknownKeys } from "../roster/words";
import { explicitMarker, resolveSettings, type SettingsResult, settingNames } from "../settings";
import { EngineLog, type Severity } from "./log";
import { Empty, grpc, later, messages, type Struct } from "./sdk";
import { type ResourceType, tagOf, types } from "./types";
import { failure, give, halfDone, type Taken, take, withoutSecrets } from "./wire";

/** Of the package: `dist/provider/plugin` is three folders below it. */
const packageFolder = join(__dirname, "..", "..", "..");

/** What SDKs and engines add to the settings of a provider. */
const ofPulumi = ["version", "pluginDownloadURL"];

/** What the engine calls over gRPC: turns its messages into calls of a kind of resource, and outcomes into messages. */
export class Service {
  #engineAddress: string;
  #process: ProviderProcess | undefined;
  #log: EngineLog | undefined;
  /** By which the engine knows this instance of the provider. */
  #self = "";
  #previews: Previews | undefined;
  #rosters: Rosters | undefined;
  /** URNs of the people whom this instance has checked. */
  readonly #checked = new Set<string>();

  /** @param open makes what a provider process has one of */
  constructor(
    engineAddress: string,
    private readonly open: (engineAddress: string, warn: (text: string) => void) => ProviderProcess,
  ) {
    this.#engineAddress = engineAddress;
  }

  /**
   * Runs a call of the engine's.
   *
   * @param mayWrite the process waits for its end also when the engine is gone
   * @throws Failure
   */
  async run<T>(call: () => Promise<T>, mayWrite = true): Promise<T> {
    try {
      return await (mayWrite ? this.#host.run(call) : call());
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      throw failure(printable(error.message));
    } finally {
      await this.#log?.silence();
    }
  }

  /** The deployment is over. */
  end(): void {
    this.#process?.end();
  }

  async handshake(request: ProviderHandshakeRequest): Promise<ProviderHandshakeResponse> {
    this.#engineAddress ||= request.getEngineAddress();
    const response = new messages.ProviderHandshakeResponse();
    response.setAcceptSecrets(true);
    return response;
  }

  async attach(request: { getAddress(): string }): Promise<object> {
    this.#engineAddress = request.getAddress();
    return new Empty();
  }

  async getPluginInfo(): Promise<object> {
    const info = new (later.plugin().PluginInfo)();
    info.setVersion(versionOfPackage());
    return info;
  }

  async getSchema(): Promise<GetSchemaResponse> {
    const response = new messages.GetSchemaResponse();
    const path = join(packageFolder, "provider", "plugin", "schema.json");
    const schema = JSON.parse(readFileSync(path, "utf8"));
    response.setSchema(JSON.stringify({ ...schema, version: versionOfPackage() }));
    return response;
  }

  async checkConfig(request: CheckRequest): Promise<CheckResponse> {
    const news = withPlainMail(take(request.getNews()));
    const isVague = Object.values(news.values).includes(unknownValue);
    const isExplicit = !isDefaultProvider(request.getUrn());
    const { problems } = settingsIn(news, isExplicit);
    const unknown = unknownKeys(news.values, settingNames, ofPulumi);
    return checked(
      { ...news, secrets: new Set([...news.secrets, "apiKey"]) },
      news.values,
      // What a default provider lacks may come from the environment: the checks of its resources say it.
      isExplicit ? [...unknown, ...(isVague ? [] : problems)] : [],
    );
  }

  /** Never a replacement, which would be one of everybody. Every change counts: else the engine goes on with an old key. */
  async diffConfig(request: DiffRequest): Promise<DiffResponse> {
    const olds = take(request.getOlds()).values;
    const news = take(request.getNews()).values;
    const changed = settingNames.filter((key) => text(olds[key]) !== text(news[key]));
    return diffed(changed);
  }

  async configure(request: ConfigureRequest): Promise<ConfigureResponse> {
    const urn = request.getUrn() ?? "";
    this.#self = urn && `${urn}::${request.getId()}`;
    this.#host.configure(settingsIn(take(request.getArgs()), !isDefaultProvider(urn)));
    const response = new messages.ConfigureResponse();
    response.setAcceptsecrets(true);
    response.setSupportspreview(true);
    return response;
  }

  async check(request: CheckRequest): Promise<CheckResponse> {
    const urn = request.getUrn();
    this.#host.meeting.begin();
    const type = typeOf(urn);
    const news = take(request.getNews());
    const args = type.kind === kinds.apiKey ? { ...news.values, tag: tagOf(urn) } : news.values;
    const { inputs, problems } = type.kind.check(take(request.getOlds()).values, args, this.#host);
    const all = [...this.#host.problems, ...unknownArguments(type.kind, news.values), ...problems];
    if (type.kind === kinds.person) this.#checked.add(urn);
    if (type.kind === kinds.person && inputs) all.push(...this.#declare(urn, inputs as Inputs));
    return checked(news, inputs ?? news.values, all);
  }

  /** @returns what is wrong with it */
  #declare(urn: string, { email, organizationId }: Inputs): string[] {
    if (email === unknownValue || organizationId === unknownValue) return [];
    const { meeting } = this.#host;
    const person = idOf({ email, organizationId });
    const twice = meeting.declare(urn, person);
    const key = meeting.keyNaming(person);
    if (key === undefined) return twice === undefined ? [] : [twice];
    forgetNames(key);
    const roster = key.slice(key.lastIndexOf("::") + 2);
    return [
      `${email} is declared only after roster "${roster}" with unmanaged: "remove" has looked for undeclared people. Add this resource to the roster's dependsOn, or add the address to its list.`,
    ];
  }

  async diff(request: DiffRequest): Promise<DiffResponse> {
    const { kind } = typeOf(request.getUrn());
    const recorded = recordedIn(request.getOlds());
    const declared = take(request.getNews()).values;
    const { differs, because } = kind.diff(request.getId(), recorded, declared, this.#host);
    const ignored = request.getIgnorechangesList();
    const left = (keys: readonly string[]) => keys.filter((key) => !ignored.includes(key));
    const response = diffed(left(differs), left(because));
    response.setHasdetaileddiff(true);
    const { Kind } = messages.PropertyDiff;
    for (const key of left(differs)) {
      const verb =
        (recorded[key] ?? null) === null
          ? "ADD"
          : declared[key] === undefined && !["status", "mailFailed"].includes(key)
            ? "DELETE"
            : "UPDATE";
      const change = new messages.PropertyDiff();
      change.setKind(Kind[because.includes(key) ? (`${verb}_REPLACE` as const) : verb]);
      response.getDetaileddiffMap().set(key, change);
    }
    return response;
  }

  async create(request: CreateRequest): Promise<CreateResponse> {
    const type = typeOf(request.getUrn());
    const news = take(request.getProperties());
    const response = new messages.CreateResponse();
    if (request.getPreview()) {
      const { id, outputs } = await this.#preview(type, news, undefined, request.getUrn());
      response.setId(id);
      response.setProperties(outputs);
      return response;
    }
    const { id, outputs } = await halves(type, news, () =>
      type.kind.create(news.values, this.#around(request.getUrn()), this.#host),
    );
    response.setId(id);
    response.setProperties(giveOutputs(outputs, type, news));
    return response;
  }

  async read(request: ReadRequest): Promise<ReadResponse> {
    const type = typeOf(request.getUrn());
    const inputs = take(request.getInputs());
    const found = await type.kind.read(
      request.getId(),
      recordedIn(request.getProperties()),
      this.#around(request.getUrn()),
      this.#host,
    );
    const response = new messages.ReadResponse();
    // By an empty id the engine knows that there is nothing any more.
    if (!found) return response;
    response.setId(found.id);
    response.setProperties(giveOutputs(found.outputs, type, inputs));
    response.setInputs(give(found.inputs, inputs.secrets));
    return response;
  }

  async update(request: UpdateRequest): Promise<UpdateResponse> {
    const type = typeOf(request.getUrn());
    const news = take(request.getNews());
    const recorded = recordedIn(request.getOlds());
    const response = new messages.UpdateResponse();
    if (request.getPreview()) {
      const { outputs } = await this.#preview(type, news, recorded, request.getUrn());
      response.setProperties(outputs);
      return response;
    }
    const outputs = await halves(type, news, () =>
      type.kind.update(request.getId(), recorded, news.values, this.#around(request.getUrn())),
    );
    response.setProperties(giveOutputs(outputs, type, news));
    return response;
  }

  async delete(request: DeleteRequest): Promise<object> {
    const { kind } = typeOf(request.getUrn());
    const recorded = recordedIn(request.getProperties());
    await kind.delete(request.getId(), recorded, this.#around(request.getUrn()), this.#host);
    return new Empty();
  }

  async construct(request: ConstructRequest): Promise<ConstructResponse> {
    const { construct } = await import("./construct.js");
    const { Rosters } = await import("../resources/rosterPreview.js");
    this.#rosters ??= new Rosters();
    return construct(request, {
      ...{ host: this.#host, previews: this.#previewsOf(), rosters: this.#rosters },
      self: this.#self,
      tell: (urn, severity, line) => this.#tell(urn, severity, line),
    });
  }

  async invoke(request: InvokeRequest): Promise<InvokeResponse> {
    const token = request.getTok();
    if (token !== "trieve:index:getMembers") throw new Error(`There is no function ${token}.`);
    const { values } = take(request.getArgs());
    const [wrong] = unknownKeys(values, ["organizationId"]);
    if (wrong !== undefined) throw new Error(`getMembers: ${wrong}.`);
    const { listMembers } = await import("../resources/members.js");
    const named = values.organizationId === undefined ? undefined : String(values.organizationId);
    const response = new messages.InvokeResponse();
    response.setReturn(give(await listMembers(this.#host.configured, named)));
    return response;
  }

  async cancel(): Promise<object> {
    this.#host.cancel();
    return new Empty();
  }

  get #host(): ProviderProcess {
    this.#process ??= this.open(this.#engineAddress, (line) => this.#tell("", "WARNING", line));
    return this.#process;
  }

  #around(urn: string): Around {
    return this.#host.around((line) => this.#tell(urn, "WARNING", line));
  }

  /** Loaded when first needed, which is not in an update. */
  #previewsOf(): Previews {
    const { Previews } = require("../resources/preview") as typeof import("../resources/preview");
    this.#previews ??= new Previews();
    return this.#previews;
  }

  /** Beside a resource, or for the whole run. */
  #tell(urn: string, severity: Severity, line: string): void {
    this.#log ??= new EngineLog(this.#engineAddress);
    this.#log.tell(urn, severity, printable(line));
  }

  /** @param recorded undefined for a new resource */
  async #preview(
    type: ResourceType,
    news: Taken,
    recorded: Readonly<Record<string, unknown>> | undefined,
    urn: string,
  ): Promise<{ readonly id: string; readonly outputs: Struct }> {
    const inputs = news.values;
    if (type.kind !== kinds.person) {
      const open = type.kind === kinds.apiKey && !recorded ? { apiKey: unknownValue } : {};
      return { id: "", outputs: giveOutputs({ ...recorded, ...inputs, ...open }, type, news) };
    }
    const before = recorded as unknown as Outputs | undefined;
    if (!this.#checked.has(urn)) return this.#leftOut(type, news, before, urn);
    const person = inputs as unknown as Inputs;
    const { outputs, note } = await this.#previewsOf().person(person, before, this.#around(urn));
    const line = withoutSecrets(note.text, news);
    if (note.level === "error") throw new Error(line);
    this.#tell(urn, note.level === "warn" ? "WARNING" : "INFO", line);
    const id = idOf(person);
    return {
      id: id.includes(unknownValue) ? "" : id,
      outputs: giveOutputs(outputs, type, news),
    };
  }

  /**
   * Somebody whom `up --continue-on-error` leaves out, as their resource depends on one that failed: the engine asks for
   * a preview of what it has not checked, and goes on to delete what the program no longer has. The program declares
   * them all the same.
   */
  #leftOut(
    type: ResourceType,
    news: Taken,
    before: Outputs | undefined,
    urn: string,
  ): { readonly id: string; readonly outputs: Struct } {
    const { inputs } = type.kind.check({}, news.values, this.#host);
    if (inputs) this.#declare(urn, inputs as Inputs);
    const person = (inputs ?? news.values) as Inputs;
    const outputs = this.#previewsOf().leftOut(person, before);
    return { id: "", outputs: giveOutputs(outputs, type, news) };
  }
}

function versionOfPackage(): string {
  return JSON.parse(readFileSync(join(packageFolder, "package.json"), "utf8")).version;
}

/** By the type that ends the one of its parent: `…::trieve:index:Roster$trieve:index:Invitation::team/ada`. */
function typeOf(urn: string): ResourceType {
  const token = urn.split("::")[2]?.split("$").at(-1) ?? "";
  const type = types.get(token);
  if (type) return type;
  if (token === "trieve:index:Roster")
    throw failure("A roster cannot be imported. Declare it: it adopts the people on its list.");
  throw failure(`There is no resource ${token} in this version.`, grpc.status.UNIMPLEMENTED);
}

/** `default`, `default_0_2_0`, or with more after it. */
function isDefaultProvider(urn: string): boolean {
  return urn === "" || /::default(_[^:]*)?$/.test(urn);
}

/** An explicit provider takes nothing from the environment. */
function settingsIn({ values }: Taken, isExplicit: boolean): SettingsResult {
  const get = (key: string) => {
    if (key === explicitMarker) return String(isExplicit);
    return text(values[key.replace(/^trieve:/, "")]);
  };
  const keys = Object.keys(values).map((key) => `trieve:${key}`);
  return resolveSettings(get, process.env, keys);
}

/** Settings are texts, whatever a language makes of them. */
function text(value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : String(value);
}

/** SDKs of Java and C# give an enum of an explicit provider as JSON. */
function withPlainMail({ values, secrets }: Taken): Taken {
  const [, mail] = /^"(.*)"$/.exec(String(values.mail)) ?? [];
  return { secrets, values: mail === undefined ? values : { ...values, mail } };
}

/** What the state has, without the mark that a dynamic resource leaves in it. */
function recordedIn(struct: Struct | undefined): Readonly<Record<string, unknown>> {
  const { __provider, ...recorded } = take(struct).values;
  return recorded;
}

function checked(given: Taken, inputs: object, problems: readonly string[]): CheckResponse {
  const response = new messages.CheckResponse();
  response.setInputs(give(inputs, given.secrets));
  for (const reason of problems) {
    const problem = new messages.CheckFailure();
    // Without a property the engine does not print the value.
    problem.setReason(printable(withoutSecrets(reason, given)));
    response.addFailures(problem);
  }
  return response;
}

function diffed(differs: readonly string[], because: readonly string[] = []): DiffResponse {
  const response = new messages.DiffResponse();
  const { DIFF_NONE, DIFF_SOME } = messages.DiffResponse.DiffChanges;
  response.setChanges(differs.length > 0 ? DIFF_SOME : DIFF_NONE);
  response.setDiffsList([...differs]);
  response.setReplacesList([...because]);
  return response;
}

function giveOutputs(outputs: object, { secrets }: ResourceType, given: Taken): Struct {
  return give(outputs, new Set([...given.secrets, ...secrets]));
}

/** Does what may leave something half done. */
async function halves<T>(type: ResourceType, given: Taken, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { message, outputs } = error as Error & { readonly outputs?: Outputs };
    if (outputs === undefined) throw error;
    throw halfDone(idOf(outputs), giveOutputs(outputs, type, given), printable(message));
  }
}
