import type { dynamic } from "@pulumi/pulumi";
import { unknownValue } from "../lifecycle/check";
import { type Inputs, idOf, type Outputs } from "../lifecycle/state";
import { printable } from "../printable";
import { type Kind, kinds, unknownArguments } from "../resources/kinds";
import type { ProviderProcess } from "../resources/process";
import { resolveSettings } from "../settings";

type Bag = Record<string, unknown>;

/** A kind of resource as the engine calls it for dynamic resources. Turns outcomes into what the SDK expects. */
export function dynamicProvider(kind: Kind, host: ProviderProcess) {
  const around = host.around(warn);
  const answer = async <T>(props: Bag, work: () => Promise<T>): Promise<T> => {
    try {
      return await host.run(work);
    } catch (error) {
      throw failureOf(error as Error, props);
    }
  };
  /** Also by a resource of the plugin. */
  const declaredTwice = (inputs: object): string | undefined => {
    const person = idOf(inputs as Inputs);
    return person.includes(unknownValue) ? undefined : host.meeting.declareUnnamed(person);
  };
  return {
    /**
     * The SDK does not wait for it before other calls, and takes a failure for success: so at once, and never failing.
     * It calls it for each kind of resource.
     */
    configure(request: dynamic.ConfigureRequest): Promise<void> {
      const { config } = request;
      host.configure(resolveSettings((key) => config.get(key), process.env, keysOf(config)));
      return Promise.resolve();
    },

    async check(olds: Bag, news: Bag): Promise<dynamic.CheckResult> {
      const { inputs, problems } = plainly(() => {
        const result = kind.check(olds, news, host);
        const twice = kind === kinds.person && result.inputs && declaredTwice(result.inputs);
        return twice ? { ...result, problems: [...result.problems, twice] } : result;
      });
      // Without a property the engine does not print the value.
      const unknown = unknownArguments(kind, withoutProvider(news));
      const failures = [...host.problems, ...unknown, ...problems].map((reason) => ({
        ...{ property: "", reason },
      }));
      return { inputs: inputs ? { ...inputs } : news, failures };
    },

    async diff(id: string, olds: Bag, news: Bag): Promise<dynamic.DiffResult> {
      const { differs, because } = plainly(() => kind.diff(id, olds, news, host));
      return { changes: differs.length > 0, replaces: [...because] };
    },

    create: (news: Bag): Promise<dynamic.CreateResult> =>
      answer(news, async () => {
        const { id, outputs } = await kind.create(news, around, host);
        return { id, outs: { ...outputs } };
      }),

    read: (id: string, props: Bag = {}): Promise<dynamic.ReadResult> =>
      answer(props, async () => {
        const found = await kind.read(id, withoutProvider(props), around, host);
        // By an empty id the engine knows that there is nothing any more.
        if (!found) return { id: "", props: {} };
        return { id: found.id, props: { ...found.outputs }, inputs: { ...found.inputs } };
      }),

    update: (id: string, olds: Bag, news: Bag): Promise<dynamic.UpdateResult> =>
      answer(news, async () => {
        const outputs = await kind.update(id, withoutProvider(olds), news, around);
        return { outs: { ...outputs } };
      }),

    delete: (id: string, props: Bag): Promise<void> =>
      answer(props, () => kind.delete(id, withoutProvider(props), around, host)),
  };
}

/** The SDK has no call for them: none, if it names the field in another way some day. */
function keysOf(config: dynamic.Config): readonly string[] {
  return Object.keys((config as { readonly rawConfig?: object }).rawConfig ?? {});
}

export function warn(text: string): void {
  console.log(`warning: ${printable(text)}`);
}

/** Without the key that the SDK adds. */
function withoutProvider({ __provider, ...props }: Bag): Bag {
  return props;
}

/** The failure of an operation, in the form that the SDK understands. */
function failureOf(error: Error, props: Bag): Error {
  const { message } = error;
  const outputs = (error as { readonly outputs?: Outputs }).outputs;
  if (outputs === undefined) return plainError(message);
  return Object.assign(plainError(message), {
    id: idOf(outputs),
    // The SDK stores these as they are; without its own key the resource could never be refreshed or deleted.
    properties: { ...outputs, __provider: props.__provider },
    reasons: [message],
  });
}

/** Does what fails only for reasons that the user can mend, such as a folder that cannot be written to. */
function plainly<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw plainError((error as Error).message);
  }
}

/** For what is expected to happen its message is enough; of a delete or read that fails the SDK prints the stack too. */
function plainError(message: string): Error {
  const error = new Error(message);
  error.stack = "see the error of the resource.";
  error.toString = () => "pulumi-trieve";
  return error;
}
