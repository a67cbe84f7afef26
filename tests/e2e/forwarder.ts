import { connect, createServer, type Server, type Socket } from "node:net";

/** A server's address that can go away and come back, while the server keeps what it knows. */
export class Forwarder {
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #port = 0;

  constructor(private readonly target: number) {}

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async up(): Promise<void> {
    const server = createServer((inbound) => {
      const outbound = connect(this.target, "127.0.0.1");
      for (const socket of [inbound, outbound]) {
        this.#sockets.add(socket);
        socket.on("error", () => {}).on("close", () => this.#sockets.delete(socket));
      }
      inbound.pipe(outbound).pipe(inbound);
    });
    await new Promise<void>((resolve) => server.listen(this.#port, "127.0.0.1", resolve));
    this.#port = (server.address() as { port: number }).port;
    this.#server = server;
  }

  /** Connections break, new ones are refused. */
  down(): void {
    this.#server?.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}
