import { grpc, later } from "./sdk";

export type Severity = "INFO" | "WARNING" | "ERROR";

/** What the user reads: lines beside a resource, or for the whole run. */
export class EngineLog {
  readonly #engine;
  readonly #underWay = new Set<Promise<void>>();

  constructor(address: string) {
    const { EngineClient } = later.engineService();
    this.#engine = address && new EngineClient(address, grpc.credentials.createInsecure());
  }

  /** @param urn of the resource; empty for the whole run */
  tell(urn: string, severity: Severity, text: string): void {
    const { LogRequest, LogSeverity } = later.engine();
    const request = new LogRequest();
    request.setUrn(urn);
    request.setSeverity(LogSeverity[severity]);
    request.setMessage(text);
    const told = new Promise<void>((resolve) => {
      // A line that nobody hears is no reason to fail.
      if (this.#engine) this.#engine.log(request, () => resolve());
      else resolve();
    }).then(() => {
      this.#underWay.delete(told);
    });
    this.#underWay.add(told);
  }

  /** Resolves when all has been said: the engine hears nothing after an operation's end. */
  async silence(): Promise<void> {
    await Promise.all(this.#underWay);
  }
}
