import { expect } from "chai";
import { type Category, JsonError, readJson } from "../../simulator/json";
import { parseUuid, UuidError } from "../../simulator/uuid";
import { eachTest, invitationTo, outcome } from "./world";

const struct = {
  name: "Thing",
  fields: { a: "i32", b: "string?", c: "strings?", d: "uuid?", e: "any?" },
} as const;

describe("simulator: JSON as serde reads it", () => {
  const good: [text: string, value: Record<string, unknown>][] = [
    ['{"a":1}', { a: 1, b: null, c: null, d: null, e: null }],
    [' {"a" : -1 , "b":null}\n', { a: -1, b: null, c: null, d: null, e: null }],
    ['{"x":[{}, 1e3, true],"a":2147483647}', { a: 2147483647, b: null, c: null, d: null, e: null }],
    ['{"a":0,"b":"\\u00e9\\ud83d\\ude00\\n"}', { a: 0, b: "é😀\n", c: null, d: null, e: null }],
    [
      '{"a":0,"c":["x",""],"e":{"k":[1.5,null]}}',
      { a: 0, b: null, c: ["x", ""], d: null, e: { k: [1.5, null] } },
    ],
    ["[1,null,[],null,false]", { a: 1, b: null, c: [], d: null, e: false }],
  ];
  for (const [text, value] of good) {
    it(`${text.trim()} is read`, () => {
      expect(readJson(text, struct)).to.deep.equal(value);
    });
  }

  const bad: [text: string, category: Category, message: string][] = [
    ["", "eof", "EOF while parsing a value at line 1 column 0"],
    ["{", "eof", "EOF while parsing an object at line 1 column 1"],
    ['{"a":', "eof", "EOF while parsing a value at line 1 column 5"],
    ['{"a"', "eof", "EOF while parsing an object at line 1 column 4"],
    ['{"a":1', "eof", "EOF while parsing an object at line 1 column 6"],
    ['{"a', "eof", "EOF while parsing a string at line 1 column 3"],
    ['{"a":1,"c":["x"', "eof", "EOF while parsing a list at line 1 column 15"],
    ["hello", "syntax", "expected value at line 1 column 1"],
    ["{a:1}", "syntax", "key must be a string at line 1 column 2"],
    ['{"a" 1}', "syntax", "expected `:` at line 1 column 6"],
    ['{"a":1 "b"}', "syntax", "expected `,` or `}` at line 1 column 8"],
    ['{"a":1,}', "syntax", "trailing comma at line 1 column 8"],
    ['{"a":1} x', "syntax", "trailing characters at line 1 column 9"],
    ['{"a":1,"b":nul}', "syntax", "expected ident at line 1 column 15"],
    ['{"a":01}', "syntax", "invalid number at line 1 column 7"],
    ['{"a":1,"b":"\\x"}', "syntax", "invalid escape at line 1 column 14"],
    ['{"a":1,"b":"\\ud800"}', "syntax", "lone leading surrogate in hex escape at line 1 column 18"],
    [
      '{"a":1,"b":"\t"}',
      "syntax",
      "control character (\\u0000-\\u001F) found while parsing a string at line 1 column 13",
    ],
    ["{}", "data", "missing field `a` at line 1 column 2"],
    [
      '{\n"b": "é",\n"a": "1"}',
      "data",
      'invalid type: string "1", expected i32 at line 3 column 8',
    ],
    ['{"a":null}', "data", "invalid type: null, expected i32 at line 1 column 9"],
    ['{"a":true}', "data", "invalid type: boolean `true`, expected i32 at line 1 column 9"],
    ['{"a":1.0}', "data", "invalid type: floating point `1.0`, expected i32 at line 1 column 8"],
    ['{"a":1.5}', "data", "invalid type: floating point `1.5`, expected i32 at line 1 column 8"],
    [
      '{"a":2147483648}',
      "data",
      "invalid value: integer `2147483648`, expected i32 at line 1 column 15",
    ],
    ['{"a":[]}', "data", "invalid type: sequence, expected i32 at line 1 column 5"],
    ['{"a":1,"b":{}}', "data", "invalid type: map, expected a string at line 1 column 11"],
    [
      '{"a":1,"c":"x"}',
      "data",
      'invalid type: string "x", expected a sequence at line 1 column 14',
    ],
    ['{"a":1,"c":[1]}', "data", "invalid type: integer `1`, expected a string at line 1 column 13"],
    ['{"a":1,"a":2}', "data", "duplicate field `a` at line 1 column 10"],
    [
      '{"a":1,"d":"zz"}',
      "data",
      "UUID parsing failed: invalid character: expected an optional prefix of `urn:uuid:` followed by [0-9a-fA-F-], found `z` at 1 at line 1 column 15",
    ],
    ["[]", "data", "invalid length 0, expected struct Thing with 5 elements at line 1 column 2"],
    ['"x"', "data", 'invalid type: string "x", expected struct Thing at line 1 column 3'],
    // What comes first in the text is what is named, although the end is broken too.
    ['{"a":null, ', "data", "invalid type: null, expected i32 at line 1 column 9"],
  ];
  for (const [text, category, message] of bad) {
    it(`${JSON.stringify(text)}: ${message}`, () => {
      try {
        readJson(text, struct);
      } catch (error) {
        expect(error).to.be.instanceOf(JsonError);
        expect((error as JsonError).message).to.equal(message);
        expect((error as JsonError).category).to.equal(category);
        return;
      }
      expect.fail("it was read");
    });
  }

  describe("over HTTP", () => {
    const world = eachTest();
    const types: [contentType: string, refused: boolean][] = [
      ["application/json", false],
      ["application/json; charset=utf-8", false],
      ["application/problem+json", false],
      ["text/json", false],
      ["text/plain", true],
      ["application/x-www-form-urlencoded", true],
      ["nonsense", true],
    ];
    for (const [contentType, refused] of types) {
      it(`content type ${contentType} is ${refused ? "refused" : "read"}`, async () => {
        const headers = { "Content-Type": contentType };
        const body = invitationTo("ada@x.example");
        const reply = await world.ask("POST", "/api/invitation", { headers, body });
        expect(outcome(reply)).to.equal(
          refused
            ? "400 Json Deserialization Error: *Type* : Content type header error | *Message* : Content type error | Ensure the content type request header of the HTTP request is set as `Content-Type: application/json`."
            : "204",
        );
      });
    }
  });
});

describe("simulator: UUIDs", () => {
  const uuid = "0a1b2c3d-4e5f-6789-abcd-ef0123456789";
  for (const form of [
    uuid,
    uuid.toUpperCase(),
    uuid.replaceAll("-", ""),
    `{${uuid}}`,
    `urn:uuid:${uuid}`,
  ]) {
    it(`${form} is understood`, () => {
      expect(parseUuid(form)).to.equal(uuid);
    });
  }
  const bad: [text: string, message: string][] = [
    ["", "invalid length: expected length 32 for simple format, found 0"],
    ["abc", "invalid length: expected length 32 for simple format, found 3"],
    ["12-ab", "invalid group count: expected 5, found 2"],
    [uuid.slice(1), "invalid group length in group 0: expected 8, found 7"],
    [`${uuid}0`, "invalid group length in group 4: expected 12, found 13"],
    [
      "0x",
      "invalid character: expected an optional prefix of `urn:uuid:` followed by [0-9a-fA-F-], found `x` at 2",
    ],
  ];
  for (const [text, message] of bad) {
    it(`"${text}": ${message}`, () => {
      expect(() => parseUuid(text)).to.throw(UuidError, message);
    });
  }
});
