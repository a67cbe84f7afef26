/**
 * The SDK's index loads the compiler of TypeScript and a part of npm, for functions that a program has it serialize: 60 MB
 * of the 160 that a plugin is to take. No component of this package has any, so it goes without; imported before the SDK.
 */
const unused = ["runtime/closure/serializeClosure", "runtime/closure/codePaths"];

for (const name of unused) {
  const path = require.resolve(`@pulumi/pulumi/${name}`);
  require.cache[path] ??= Object.assign(new (require("node:module"))(path), { loaded: true });
}

export {};
