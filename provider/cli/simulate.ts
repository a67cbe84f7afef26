import { main } from "../../simulator/main";
import type { ExitCode, Output } from "./output";

/** Runs the simulator until it is interrupted. */
export async function simulate(
  args: readonly string[],
  output: Output,
): Promise<ExitCode | undefined> {
  if (args.includes("--help") || args.includes("-h")) {
    output.result("Usage: pulumi-trieve simulate [options]\n\n");
    await main(["--help"]);
    output.result("\nExample:\n  pulumi-trieve simulate --port 8090");
    return 0;
  }
  return (await main([...args])) as ExitCode | undefined;
}
