/** gRPC and the messages, as the user's Pulumi SDK brings them along: one copy of each in a process. */
import { createRequire } from "node:module";
import type * as Grpc from "@grpc/grpc-js";
import type * as alias from "@pulumi/pulumi/proto/alias_pb";
import type * as engineService from "@pulumi/pulumi/proto/engine_grpc_pb";
import type * as engine from "@pulumi/pulumi/proto/engine_pb";
import type * as errors from "@pulumi/pulumi/proto/errors_pb";
import type * as plugin from "@pulumi/pulumi/proto/plugin_pb";
import type * as providerService from "@pulumi/pulumi/proto/provider_grpc_pb";
import type * as provider from "@pulumi/pulumi/proto/provider_pb";
import type * as resourceService from "@pulumi/pulumi/proto/resource_grpc_pb";
import type * as resource from "@pulumi/pulumi/proto/resource_pb";
import type * as status from "@pulumi/pulumi/proto/status_pb";
import type * as any from "google-protobuf/google/protobuf/any_pb";
import type * as empty from "google-protobuf/google/protobuf/empty_pb";
import type * as struct from "google-protobuf/google/protobuf/struct_pb";

const ofSdk = createRequire(require.resolve("@pulumi/pulumi/package.json"));
const load = <T>(name: string) => ofSdk(name) as T;

export type { Grpc };
export const grpc = load<typeof Grpc>("@grpc/grpc-js");
export const messages = load<typeof provider>("./proto/provider_pb");
export const { Struct } = load<typeof struct>("google-protobuf/google/protobuf/struct_pb");
export const { Empty } = load<typeof empty>("google-protobuf/google/protobuf/empty_pb");
export type Struct = struct.Struct;

/** Loaded when first needed. */
export const later = {
  service: () =>
    load<typeof providerService>("./proto/provider_grpc_pb") as unknown as {
      readonly ResourceProviderService: Grpc.ServiceDefinition;
    },
  plugin: () => load<typeof plugin>("./proto/plugin_pb"),
  errors: () => load<typeof errors>("./proto/errors_pb"),
  status: () => load<typeof status>("./proto/status_pb"),
  any: () => load<typeof any>("google-protobuf/google/protobuf/any_pb"),
  alias: () => load<typeof alias>("./proto/alias_pb"),
  resource: () => load<typeof resource>("./proto/resource_pb"),
  monitor: () =>
    load<typeof resourceService>("./proto/resource_grpc_pb") as unknown as {
      readonly ResourceMonitorClient: new (
        address: string,
        credentials: object,
        options: object,
      ) => MonitorClient;
    },
  engine: () => load<typeof engine>("./proto/engine_pb"),
  engineService: () =>
    load<typeof engineService>("./proto/engine_grpc_pb") as unknown as {
      readonly EngineClient: new (address: string, credentials: object) => EngineClient;
    },
};

interface EngineClient {
  log(request: engine.LogRequest, done: () => void): void;
}

interface MonitorClient {
  registerResource(
    request: resource.RegisterResourceRequest,
    done: (error: Error | null, response: resource.RegisterResourceResponse) => void,
  ): void;
  registerResourceOutputs(
    request: resource.RegisterResourceOutputsRequest,
    done: (error: Error | null) => void,
  ): void;
  close(): void;
}
