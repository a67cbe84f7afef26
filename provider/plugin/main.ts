#!/usr/bin/env node
/** The plugin of all languages: a gRPC service on a free port, which it prints. */
import * as modules from "node:module";
import { setFlagsFromString } from "node:v8";

// By default V8 lets what operations leave behind grow beyond 134 MB before it clears it away: more than all the rest
// takes. For a roster of 1,000 people, twice as much memory saves a tenth of the CPU time.
setFlagsFromString("--semi-space-growth-factor=1");
setFlagsFromString("--heap-growing-percent=40");

// Node.js has it from 22.1 on; what it compiles is half of the time that a start takes.
modules.enableCompileCache?.();

const { serve } = require("./server") as typeof import("./server");

// The engine's address comes last, after flags that may have values of their own.
const engineAddress = process.argv
  .slice(2)
  .filter((argument) => !argument.startsWith("-"))
  .at(-1);

// A component that fails says why; what it leaves behind must not end what others of the run have begun.
process.on("unhandledRejection", () => {});

serve(engineAddress ?? "").then(({ port, end }) => {
  // By a signal the engine ends a plugin, and waits five seconds for it.
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.on(signal, () => {
      end();
      process.exit();
    });
  process.stdout.write(`${port}\n`);
});
