// The types of src/types.ts beside protocol/schema.json, the schema of what a node answers.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import ts from "typescript";

type Schema = { [key: string]: any };

/** Names in the schema, where they are not the type's own or the type's own with `View`. */
const NAMES: Record<string, string> = {
  Content: "ContentRef",
  Policy: "EvaluationPolicy",
  Range: "Range_of_uint32",
  Member: "MemberView",
  Series: "TestSetSeriesView",
  LogEntry: "LogEntryView",
};

const folder = process.cwd();
const schema = JSON.parse(readFileSync(`${folder}/../protocol/schema.json`, "utf8")) as Schema;
const program = ts.createProgram([`${folder}/src/types.ts`], {
  strict: true,
  exactOptionalPropertyTypes: true,
});
const checker = program.getTypeChecker();
const source = program.getSourceFile(`${folder}/src/types.ts`);
assert.ok(source);

/** Returns what a schema may be, all references and alternatives resolved. */
function alternatives(found: Schema): Schema[] {
  if (found["$ref"]) {
    const { $ref, ...beside } = found;
    const named = schema["$defs"][String($ref).replace("#/$defs/", "")] as Schema;
    return alternatives(named).map((one) => ({
      ...one,
      ...beside,
      properties: { ...one["properties"], ...beside["properties"] },
    }));
  }
  const either = (found["anyOf"] ?? found["oneOf"]) as Schema[] | undefined;
  if (either !== undefined) {
    const { anyOf: _, oneOf: __, ...beside } = found;
    return either
      .flatMap(alternatives)
      .map((one) => ({ ...one, properties: { ...beside["properties"], ...one["properties"] } }));
  }
  const kinds = Array.isArray(found["type"]) ? (found["type"] as string[]) : [kind(found)];
  return kinds.map((type) => ({ ...found, type }));
}

function kind(found: Schema): string {
  return found["type"] ?? (found["const"] === undefined ? "object" : typeof found["const"]);
}

const PRIMITIVES: [ts.TypeFlags, string[]][] = [
  [ts.TypeFlags.StringLike, ["string"]],
  [ts.TypeFlags.NumberLike, ["integer", "number"]],
  [ts.TypeFlags.BooleanLike, ["boolean"]],
  [ts.TypeFlags.Null, ["null"]],
];

/** Fails where a type has what the schema does not have. */
function compare(type: ts.Type, found: Schema, path: string, seen: ts.Type[] = []): void {
  if (type.flags & ts.TypeFlags.Unknown || seen.includes(type)) return;
  const all = alternatives(found);
  const parts = (type.isUnion() ? type.types : [type]).filter(
    (part) => !(part.flags & ts.TypeFlags.Undefined),
  );
  const mayBeNull = parts.some((part) => part.flags & ts.TypeFlags.Null);
  assert.equal(
    mayBeNull,
    all.some((one) => one["type"] === "null"),
    `${path} may be null, or may not`,
  );
  for (const part of parts) {
    const primitive = PRIMITIVES.find(([flags]) => part.flags & flags);
    if (primitive) {
      assert.ok(
        all.some((one) => primitive[1].includes(one["type"])),
        `${path} is no ${primitive[1][0]}`,
      );
    } else if (checker.isTupleType(part) || checker.isArrayType(part)) {
      const list = all.find((one) => one["type"] === "array");
      assert.ok(list, `${path} is no list`);
      checker.getTypeArguments(part as ts.TypeReference).forEach((item, place) => {
        compare(item, list["prefixItems"]?.[place] ?? list["items"], `${path}[${place}]`, [...seen, part]);
      });
    } else {
      fields(part, all, path, [...seen, part]);
    }
  }
}

function fields(type: ts.Type, all: Schema[], path: string, seen: ts.Type[]): void {
  for (const property of type.getProperties()) {
    const having = all.filter((one) => one["properties"]?.[property.name] !== undefined);
    assert.ok(having.length > 0, `${path}.${property.name} is in no answer of a node`);
    const isOptional = (property.flags & ts.SymbolFlags.Optional) !== 0;
    const isIn = having.length === all.filter((one) => one["type"] === "object").length;
    assert.ok(isIn || isOptional, `${path}.${property.name} is not in all answers of a node`);
    const of = having.map((one) => one["properties"][property.name] as Schema);
    compare(checker.getTypeOfSymbol(property), { anyOf: of }, `${path}.${property.name}`, seen);
  }
}

test("every type has the fields that a node answers with", () => {
  const types = source.statements.filter(ts.isTypeAliasDeclaration);
  assert.ok(types.length > 20);
  for (const { name } of types) {
    const type = checker.getTypeAtLocation(name);
    const names = [NAMES[name.text], `${name.text}View`, name.text];
    const found = names.map((name) => name && schema["$defs"][name]).find((one) => one !== undefined);
    assert.ok(found, `the schema has no ${name.text}`);
    const parts = type.isUnion() ? type.types.filter((part) => !(part.flags & ts.TypeFlags.Null)) : [type];
    for (const part of parts) compare(part, found, name.text);
  }
});
