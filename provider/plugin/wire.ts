import { unknownValue } from "../lifecycle/check";
import { grpc, later, messages, Struct } from "./sdk";

type Bag = Readonly<Record<string, unknown>>;

/** Pulumi's marks of values that are more than a value. */
const signature = "4dabf18193072939515e22adb298388d";
const secretMark = "1b47061264138c4ac30d75fd1eb44270";
const outputMark = "d0e6a833031e9bbcd3f4e8bde6ca49a4";

/** What the engine sent: plain values, unknown ones as Pulumi's text for them. */
export interface Taken {
  readonly values: Bag;
  /** Names of properties that are secret, or hold something secret. */
  readonly secrets: ReadonlySet<string>;
}

export function take(struct: Struct | undefined): Taken {
  const secrets = new Set<string>();
  const values = Object.entries(struct?.toJavaScript() ?? {}).map(([key, value]) => [
    key,
    plain(value, () => secrets.add(key)),
  ]);
  return { values: Object.fromEntries(values), secrets };
}

function plain(value: unknown, onSecret: () => void): unknown {
  if (Array.isArray(value)) return value.map((item) => plain(item, onSecret));
  if (typeof value !== "object" || value === null) return value;
  const bag = value as Bag;
  if (bag[signature] === secretMark) {
    onSecret();
    return plain(bag.value, onSecret);
  }
  if (bag[signature] === outputMark) {
    if (bag.secret) onSecret();
    return "value" in bag ? plain(bag.value, onSecret) : unknownValue;
  }
  return Object.fromEntries(Object.entries(bag).map(([key, item]) => [key, plain(item, onSecret)]));
}

/** @param secrets names of properties to mark as secret */
export function give(values: object, secrets: Iterable<string> = []): Struct {
  // What is undefined has no place in a message.
  const bag = JSON.parse(JSON.stringify(values)) as Record<string, unknown>;
  for (const key of secrets)
    if (bag[key] !== undefined && bag[key] !== null)
      bag[key] = { [signature]: secretMark, value: bag[key] };
  return Struct.fromJavaScript(bag as Parameters<typeof Struct.fromJavaScript>[0]);
}

/** A text without what is secret among values. */
export function withoutSecrets(text: string, { values, secrets }: Taken): string {
  const texts = [...secrets].flatMap((key) => textsIn(values[key]));
  return texts
    .filter((secret) => secret.trim() !== "" && secret !== unknownValue)
    .reduce((rest, secret) => rest.replaceAll(secret, "[secret]"), text);
}

function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value, value.trim(), value.trim().toLowerCase()];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(textsIn);
}

/** What a call of the engine's fails with. */
export interface Failure {
  readonly code: number;
  readonly details: string;
  readonly metadata?: object;
}

export function failure(details: string, code: number = grpc.status.UNKNOWN): Failure {
  return { code, details };
}

/** Something is there, but not as declared: the engine records what is, and the next run goes on from it. */
export function halfDone(id: string, outputs: Struct, message: string): Failure {
  const detail = new messages.ErrorResourceInitFailed();
  detail.setId(id);
  detail.setProperties(outputs);
  detail.setReasonsList([message]);
  const name = "pulumirpc.ErrorResourceInitFailed";
  return detailed(message, grpc.status.UNKNOWN, name, detail);
}

/** Arguments of a component that are wrong, which the engine shows one by one. */
export function wrongArguments(
  message: string,
  problems: readonly { readonly path: string; readonly text: string }[],
): Failure {
  const { InputPropertiesError } = later.errors();
  const detail = new InputPropertiesError();
  for (const { path, text } of problems) {
    const problem = new InputPropertiesError.PropertyError();
    problem.setPropertyPath(path);
    problem.setReason(text);
    detail.addErrors(problem);
  }
  const name = "pulumirpc.InputPropertiesError";
  return detailed(message, grpc.status.INVALID_ARGUMENT, name, detail);
}

function detailed(
  message: string,
  code: number,
  name: string,
  detail: { serializeBinary(): Uint8Array },
): Failure {
  const any = new (later.any().Any)();
  any.pack(detail.serializeBinary(), name);
  const status = new (later.status().Status)();
  status.setCode(code);
  status.setMessage(message);
  status.addDetails(any);
  const metadata = new grpc.Metadata();
  metadata.add("grpc-status-details-bin", Buffer.from(status.serializeBinary()));
  return { code, details: message, metadata };
}
