import { ProviderProcess } from "../resources/process";
import { type Grpc, grpc, later } from "./sdk";
import { Service } from "./service";
import type { Failure } from "./wire";

/** State holds many people, and a roster's guard all of them. */
const maxBytes = 400 * 1024 * 1024;

const methods = [
  ...(["handshake", "attach", "getPluginInfo", "getSchema"] as const),
  ...(["checkConfig", "diffConfig", "configure", "cancel"] as const),
  ...(["check", "diff", "create", "read", "update", "delete", "construct", "invoke"] as const),
] as const;

type Method = (request: unknown) => Promise<unknown>;

/** Serves on a free port of this machine. */
export async function serve(
  engineAddress: string,
): Promise<{ readonly port: number; readonly end: () => void }> {
  const service = new Service(engineAddress, (address, warn) => new ProviderProcess(address, warn));
  const server = new grpc.Server({ "grpc.max_receive_message_length": maxBytes });
  const { ResourceProviderService } = later.service();
  server.addService(ResourceProviderService, implementationOf(service));
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return { port, end: () => service.end() };
}

/** What is left out is answered as not implemented. */
function implementationOf(service: Service): Grpc.UntypedServiceImplementation {
  return Object.fromEntries(
    methods.map((name) => {
      const method = service[name].bind(service) as Method;
      const handle: Grpc.handleUnaryCall<unknown, unknown> = ({ request }, callback) => {
        // A component waits for the engine alone, which never answers once it is gone.
        service
          .run(() => method(request), name !== "construct")
          .then(
            (response) => callback(null, response),
            (failed: Failure) => callback(failed as Partial<Grpc.StatusObject>),
          );
      };
      return [name, handle];
    }),
  );
}
