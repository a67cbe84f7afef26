/**
 * What the engine stores of this package, with every resource: calls by name, no code. The names `pulumi-trieve/host`
 * and `pulumi-trieve/stub` and those of the methods stand in users' state and never change. All is written out, since
 * from a linked checkout the SDK stores this text itself, and anything that it captured.
 *
 * @internal
 */
import type { dynamic } from "@pulumi/pulumi";

const stub: dynamic.ResourceProvider = {
  configure: (request) => require("pulumi-trieve/host").configure(request),
  check: (olds, news) => require("pulumi-trieve/host").check(olds, news),
  diff: (id, olds, news) => require("pulumi-trieve/host").diff(id, olds, news),
  create: (inputs) => require("pulumi-trieve/host").create(inputs),
  read: (id, props) => require("pulumi-trieve/host").read(id, props),
  update: (id, olds, news) => require("pulumi-trieve/host").update(id, olds, news),
  delete: (id, props) => require("pulumi-trieve/host").delete(id, props),
};

export = stub;
