/**
 * Loaded before the SDK in the processes of test projects (`node --require`). Half of the time of a run would go into
 * starting them.
 */
import Module from "node:module";
import { setFlagsFromString } from "node:v8";

// There are more of these processes than cores, so threads of their own for garbage only wait for each other.
setFlagsFromString("--single-threaded-gc");

type Load = (request: string, parent?: NodeJS.Module, ...more: unknown[]) => unknown;
const modules = Module as unknown as { _load: Load };
const load = modules._load;

// Half of the SDK's start: what it looks with at functions that are stored as text, such as npm's solver of dependencies,
// the TypeScript compiler and V8's debugger, and its Automation API. Programs without these do not come to them.
const late =
  /^(@npmcli\/arborist|@logdna\/tail-file|normalize-package-data|semver|js-yaml|execa)$|\/(typescript-shim|automation|v8Hooks)$/;
/** What the SDK asks of each at its start: whether the debugger is ready, which it is made when it is first needed. */
const early: Readonly<Record<string, unknown>> = {
  __esModule: true,
  isInitializedAsync: async () => {},
};
modules._load = function (this: unknown, request, parent, ...more) {
  const now = () => load.call(this, request, parent, ...more);
  // npm itself starts with this as well.
  if (!late.test(request) || !parent?.filename.includes("@pulumi")) return now();
  return new Proxy(
    {},
    { get: (_, key) => (key in early ? early[key as string] : Reflect.get(now() as object, key)) },
  );
};

// `runtime.options.typescript: false`, which the host that is built from Go modules does not know.
if (process.env.E2E_TYPESCRIPT === "false") delete process.env.PULUMI_NODEJS_TYPESCRIPT;
