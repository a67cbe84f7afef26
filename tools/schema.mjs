// Prints the JSON Schema of members.yaml. After a change of provider/roster/schema.ts:
// npx tsc -p . && node tools/schema.mjs > provider/roster/members.schema.json && npm run format

import { toJsonSchema } from "@valibot/to-json-schema";
import schema from "../dist/provider/roster/schema.js";

const json = toJsonSchema(schema.roster, {
  typeMode: "input",
  // What a JSON Schema cannot say.
  ignoreActions: ["check", "trim", "to_lower_case"],
  // As `parseRoster` does; valibot's own strict objects name one unknown key only.
  overrideSchema: ({ valibotSchema, jsonSchema }) =>
    valibotSchema.type === "object" ? { ...jsonSchema, additionalProperties: false } : undefined,
});
console.log(JSON.stringify(json, undefined, 2));
