import { join } from "node:path";
import { root } from "./paths.mjs";
import { capture } from "./process.mjs";

// The same for all, so that what one has compiled another need not.
const flags = ["-mod=readonly", "-tags", "osusergo,grpcnotrace"];

/** Runs `go` in the folder of a module. On failure it says what `purpose` needs, and the advice. */
export function go(command, args, { module, purpose, advice = [] }) {
  const needs = `${purpose} needs Go 1.26 or later on PATH (https://go.dev/dl/) and a way to the Go module proxy.`;
  return capture("go", [command, ...flags, ...args], {
    cwd: join(root, module),
    env: { ...process.env, CGO_ENABLED: "0", GOWORK: "off" },
    advice: [needs, ...advice].join("\n"),
  });
}
