import { controlRoutes } from "./control";
import { Simulator, type SimulatorOptions } from "./simulator";

export type { Effect, Fault, FaultHandle } from "./faults";
export type { RequestRecord, Route } from "./log";
export type { RoleName } from "./rows";
export { Simulator, type SimulatorEvents, type SimulatorOptions } from "./simulator";

/** Starts a simulator. Close it when done. */
export function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  return new Simulator(options, controlRoutes).listen(options.port ?? 0);
}
