import { messages, type Struct } from "../../provider/plugin/sdk";
import type { Service } from "../../provider/plugin/service";
import type * as Wire from "../../provider/plugin/wire";

type Bag = Record<string, unknown>;

/**
 * Resources of one type of the plugin, with the verbs that dynamic resources have. What goes in and out are the messages
 * of gRPC; what fails has the form in which the SDK takes it from dynamic resources.
 */
export function serviceHost(service: Service, { give, take }: typeof Wire, urn: string) {
  const given = ({ __provider, ...bag }: Bag) => give(bag);
  const bagIn = (struct: Struct | undefined) => ({ ...take(struct).values }) as Bag;
  const call = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await service.run(work);
    } catch (failed) {
      const { details } = failed as { details?: string };
      throw details === undefined
        ? failed
        : Object.assign(new Error(details), recordedOf(failed as Failed, bagIn));
    }
  };
  return {
    async check(olds: Bag, news: Bag) {
      const request = new messages.CheckRequest();
      request.setUrn(urn);
      request.setOlds(given(olds));
      request.setNews(given(news));
      const response = await call(() => service.check(request));
      const failures = response
        .getFailuresList()
        .map((failure) => ({ reason: failure.getReason() }));
      return { inputs: bagIn(response.getInputs()), failures };
    },

    async diff(id: string, olds: Bag, news: Bag) {
      const request = new messages.DiffRequest();
      request.setUrn(urn);
      request.setId(id);
      request.setOlds(given(olds));
      request.setNews(given(news));
      const response = await call(() => service.diff(request));
      const changes = response.getChanges() === messages.DiffResponse.DiffChanges.DIFF_SOME;
      return { changes, replaces: response.getReplacesList() };
    },

    async create(inputs: Bag) {
      const request = new messages.CreateRequest();
      request.setUrn(urn);
      request.setProperties(given(inputs));
      const response = await call(() => service.create(request));
      return { id: response.getId(), outs: bagIn(response.getProperties()) };
    },

    async read(id: string, props: Bag) {
      const request = new messages.ReadRequest();
      request.setUrn(urn);
      request.setId(id);
      request.setProperties(given(props));
      const response = await call(() => service.read(request));
      if (response.getId() === "") return {};
      const [found, inputs] = [bagIn(response.getProperties()), bagIn(response.getInputs())];
      return { id: response.getId(), props: found, inputs };
    },

    async update(id: string, olds: Bag, news: Bag) {
      const request = new messages.UpdateRequest();
      request.setUrn(urn);
      request.setId(id);
      request.setOlds(given(olds));
      request.setNews(given(news));
      const response = await call(() => service.update(request));
      return { outs: bagIn(response.getProperties()) };
    },

    async delete(id: string, props: Bag) {
      const request = new messages.DeleteRequest();
      request.setUrn(urn);
      request.setId(id);
      request.setProperties(given(props));
      await call(() => service.delete(request));
    },
  };
}

interface Failed {
  readonly metadata?: { get(name: string): Buffer[] };
}

/** What the engine gets to record of an operation that has failed half-way. */
function recordedOf(failed: Failed, bagIn: (struct: Struct | undefined) => Bag): object {
  const [bytes] = failed.metadata?.get("grpc-status-details-bin") ?? [];
  if (!bytes) return {};
  const { Status } = require("@pulumi/pulumi/proto/status_pb");
  const [detail] = Status.deserializeBinary(bytes).getDetailsList();
  const recorded = messages.ErrorResourceInitFailed.deserializeBinary(detail.getValue());
  return {
    id: recorded.getId(),
    properties: bagIn(recorded.getProperties()),
    reasons: recorded.getReasonsList(),
  };
}
