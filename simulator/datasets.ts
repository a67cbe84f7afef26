import * as v from "valibot";
import { type Answer, json, refusal } from "./answer";
import { adminOnly, bodyAnd, type Call, organizationOf, ownerOnly, pathId } from "./call";
import type { World } from "./world";

const datasetData = v.object({
  dataset_name: v.string(),
  tracking_id: v.nullish(v.string(), null),
  server_configuration: v.nullish(v.record(v.string(), v.unknown()), null),
});

const configurationDefaults = {
  AIMON_RERANKER_TASK_DEFINITION:
    "Your task is to grade the relevance of context document(s) against the specified user query.",
  BM25_AVG_LEN: 256,
  BM25_B: 0.75,
  BM25_ENABLED: true,
  BM25_K: 0.75,
  DISABLE_ANALYTICS: false,
  DISTANCE_METRIC: "cosine",
  EMBEDDING_BASE_URL: "https://embedding.trieve.ai",
  EMBEDDING_MODEL_NAME: "jina-base-en",
  EMBEDDING_QUERY_PREFIX: "",
  EMBEDDING_SIZE: 768,
  FREQUENCY_PENALTY: null,
  FULLTEXT_ENABLED: true,
  INDEXED_ONLY: false,
  LLM_API_VERSION: null,
  LLM_BASE_URL: "https://api.openai.com/v1",
  LLM_DEFAULT_MODEL: "gpt-4o",
  LOCKED: false,
  MAX_LIMIT: 10000,
  MAX_TOKENS: null,
  MESSAGE_TO_QUERY_PROMPT:
    "Write a 1-2 sentence semantic search query along the lines of a hypothetical response to: \n\n",
  N_RETRIEVALS_TO_INCLUDE: 8,
  PAGEFIND_ENABLED: false,
  PRESENCE_PENALTY: null,
  PUBLIC_DATASET: { enabled: false, extra_params: null },
  QDRANT_ONLY: false,
  RAG_PROMPT: "Use the following retrieved documents to respond briefly and accurately:",
  RERANKER_BASE_URL: "http://embedding-reranker.default.svc.cluster.local",
  RERANKER_MODEL_NAME: "bge-reranker-large",
  SEMANTIC_ENABLED: true,
  STOP_TOKENS: null,
  SYSTEM_PROMPT: "You are a helpful assistant",
  TEMPERATURE: null,
  TOOL_CONFIGURATION: {
    query_tool_options: {
      max_price_option_description: "The maximum price to filter by",
      min_price_option_description: "The minimum price to filter by",
      price_filter_description: "The price filter to use for the search",
      query_parameter_description: "The search query to find relevant information",
      tool_description:
        "Search for relevant information in the knowledge base. You can use this tool multiple times if the information you need is not found in the first search.",
    },
  },
  USE_MESSAGE_TO_QUERY_PROMPT: false,
};

/** `POST /api/dataset`: in the header's organization. */
export function createDataset({ store }: World, call: Call): Answer {
  const { data, rest: organization } = bodyAnd(call, datasetData, () => {
    const found = organizationOf(call);
    ownerOnly(call);
    return found;
  });
  const { dataset } = store.addDataset(organization.id, data.dataset_name, data.tracking_id);
  const configuration = { ...configurationDefaults, ...data.server_configuration };
  return json({ ...dataset, server_configuration: configuration, deleted: 0 });
}

/** `GET /api/dataset/organization/{organization_id}`: only where the caller is a member. Newest first. */
export function listDatasets({ store }: World, call: Call): Answer {
  const user = adminOnly(call);
  const id = pathId(call, "id");
  if (!user.memberships.some((row) => row.organization_id === id)) {
    throw refusal(403, "Forbidden");
  }
  return json(store.datasets.filter(({ dataset }) => dataset.organization_id === id).reverse());
}
