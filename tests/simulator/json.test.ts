import { expect } from "chai";
import * as v from "valibot";
import { i32, readJson, scopes, uuid } from "../../simulator/json";
import { parseUuid } from "../../simulator/uuid";
import { eachTest, invitationTo, outcome } from "./world";

const thing = v.object({
  a: i32,
  b: v.nullish(v.string(), null),
  c: scopes,
  d: v.nullish(uuid, null),
  e: v.nullish(v.unknown(), null),
});
const nothing = { b: null, c: null, d: null, e: null };

describe("simulator: JSON bodies", () => {
  const good: [text: string, value: Record<string, unknown>][] = [
    ['{"a":1}', { ...nothing, a: 1 }],
    [' {"a" : -1 , "b":null}\n', { ...nothing, a: -1 }],
    ['{"x":[{}, 1e3, true],"a":2147483647}', { ...nothing, a: 2147483647 }],
    ['{"a":0,"b":"\\u00e9\\ud83d\\ude00\\n"}', { ...nothing, a: 0, b: "é😀\n" }],
    [
      '{"a":0,"c":["x",""],"e":{"k":[1,null]}}',
      { ...nothing, a: 0, c: ["x", ""], e: { k: [1, null] } },
    ],
    [
      '{"a":0,"d":"0A1B2C3D4E5F6789ABCDEF0123456789"}',
      { ...nothing, a: 0, d: "0a1b2c3d-4e5f-6789-abcd-ef0123456789" },
    ],
  ];
  for (const [text, value] of good) {
    it(`${text.trim()} is read`, () => {
      expect(readJson(text, thing)).to.deep.equal(value);
    });
  }

  it("keep numbers that are no integers where anything may be", () => {
    const { e } = readJson('{"a":0,"e":[1.5,1.0]}', thing);
    expect(JSON.stringify(e)).to.equal("[1.5,1]");
  });

  const bad: Record<string, string[]> = {
    "Unexpected end of JSON input": [
      "",
      " ",
      "{",
      '{"a":',
      '{"a"',
      '{"a":1',
      '{"a":1,',
      '{"a":-',
      '{"a',
      '{"a":1,"b":"\\',
      '{"a":1,"b":nul',
      '{"a":1,"c":["x"',
    ],
    "Syntax error in JSON": [
      "hello",
      "{a:1}",
      '{"a" 1}',
      '{"a":1 "b"}',
      '{"a":1,}',
      '{"a":1} x',
      '{"a":1,"b":nul}',
      '{"a":01}',
      '{"a":1,"b":"\\x"}',
      '{"a":1,"b":"\t"}',
    ],
    "Data error in JSON": [
      "{}",
      "[]",
      '"x"',
      "1",
      "null",
      '{"a":"1"}',
      '{"a":null}',
      '{"a":true}',
      '{"a":[]}',
      '{"a":1.0}',
      '{"a":1.5}',
      '{"a":1e3}',
      '{"a":2147483648}',
      '{"a":-2147483649}',
      '{"a":1,"b":{}}',
      '{"a":1,"c":"x"}',
      '{"a":1,"c":[1]}',
      '{"a":1,"d":"zz"}',
    ],
  };
  for (const [type, texts] of Object.entries(bad)) {
    for (const text of texts) {
      it(`${JSON.stringify(text)}: ${type}`, () => {
        expect(() => readJson(text, thing)).to.throw(`*Type* : ${type} | *Message* : Json `);
      });
    }
  }

  it("that are lists are no bodies, even where nothing is missing", () => {
    expect(() => readJson("[]", v.object({ scopes }))).to.throw("Data error in JSON");
  });

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
  const id = "0a1b2c3d-4e5f-6789-abcd-ef0123456789";
  for (const form of [id, id.toUpperCase(), id.replaceAll("-", ""), `{${id}}`, `urn:uuid:${id}`]) {
    it(`${form} is understood`, () => {
      expect(parseUuid(form)).to.equal(id);
    });
  }
  for (const text of ["", "abc", "12-ab", id.slice(1), `${id}0`, `${id.slice(1)}g`, `{${id}`]) {
    it(`"${text}" is none`, () => {
      expect(parseUuid(text)).to.equal(undefined);
    });
  }
});
