import * as v from "valibot";
import { type Refusal, refusal } from "./answer";
import { parseUuid } from "./uuid";

/** A whole number that fits the columns of roles. */
export const i32 = v.pipe(v.number(), v.integer(), v.minValue(-(2 ** 31)), v.maxValue(2 ** 31 - 1));

/** A UUID in any of its forms. */
export const uuid = v.pipe(v.string(), v.transform(parseUuid), v.string("UUID parsing failed"));

/** A list of routes. */
export const scopes = v.nullish(v.array(v.string()), null);

const problems = {
  contentType: [
    "Content type header error",
    "Ensure the content type request header of the HTTP request is set as `Content-Type: application/json`.",
  ],
  syntax: [
    "Syntax error in JSON",
    "Fix syntax errors in the JSON payload to adhere to JSON formatting rules.",
  ],
  data: [
    "Data error in JSON",
    "Ensure that the data in the JSON payload is valid and consistent with the expected schema.",
  ],
  end: [
    "Unexpected end of JSON input",
    "Ensure that the JSON payload is complete and not truncated.",
  ],
} as const;

/** Trieve's answer to a body that it does not take. Its parser's own words, in the middle, are not imitated. */
export function jsonRefusal(problem: keyof typeof problems, message: string): Refusal {
  const [type, way] = problems[problem];
  return refusal(
    400,
    `Json Deserialization Error: *Type* : ${type} | *Message* : ${message} | ${way}`,
  );
}

/** Rust tells 1.0 from 1, which alone is an integer: an object is no number for a schema, and still one as JSON. */
function markFloats(_key: string, value: unknown, context?: { source: string }): unknown {
  return typeof value === "number" && /[.e]/i.test(context?.source ?? "") ? Object(value) : value;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text, markFloats);
  } catch (error) {
    const { message } = error as SyntaxError;
    const ended =
      message.startsWith("Unexpected end") ||
      / at position (\d+)/.exec(message)?.[1] === String(text.length);
    throw jsonRefusal(ended ? "end" : "syntax", `Json deserialize error: ${message}`);
  }
}

/**
 * Reads a request body.
 *
 * @throws {Refusal} of the kind that Trieve has for what is wrong.
 */
export function readJson<T>(text: string, schema: v.GenericSchema<unknown, T>): T {
  const value = parse(text);
  const result = v.safeParse(schema, value);
  if (!result.success || Array.isArray(value)) {
    const [issue] = result.issues ?? [];
    throw jsonRefusal("data", `Json deserialize error: ${issue?.message ?? "invalid length"}`);
  }
  return result.output;
}
