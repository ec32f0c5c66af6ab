/** Every text of the sources is said in every language, and nothing else is. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";
import { words as de } from "./de";
import { words as es } from "./es";
import { words as fr } from "./fr";
import { words as zh } from "./zh";

const SOURCES = join(import.meta.dirname, "..");

/** Every text that is passed to `t` or `plural`. */
function spoken(): Set<string> {
  const found = new Set<string>();
  for (const path of readdirSync(SOURCES, { recursive: true, encoding: "utf8" })) {
    if (!path.endsWith(".ts") || path.endsWith(".test.ts") || /^words\b/.test(path)) continue;
    const code = readFileSync(join(SOURCES, path), "utf8");
    const visit = (node: ts.Node): void => {
      if (ts.isCallExpression(node) && ts.isIdentifier(node.expression)) {
        const { text } = node.expression;
        const [from, to] = text === "t" ? [0, 1] : text === "plural" ? [1, 3] : [0, 0];
        for (const argument of node.arguments.slice(from, to)) {
          for (const said of literals(argument, path)) found.add(said);
        }
      }
      ts.forEachChild(node, visit);
    };
    visit(ts.createSourceFile(path, code, ts.ScriptTarget.Latest, true));
  }
  return found;
}

/** A literal, also where one of two is chosen or several are joined; else nobody can translate it. */
function literals(node: ts.Expression, path: string): string[] {
  if (ts.isStringLiteralLike(node)) return [node.text];
  if (ts.isParenthesizedExpression(node)) return literals(node.expression, path);
  if (ts.isConditionalExpression(node)) {
    return [...literals(node.whenTrue, path), ...literals(node.whenFalse, path)];
  }
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken) {
    const [left, right] = [literals(node.left, path), literals(node.right, path)];
    return left.flatMap((a) => right.map((b) => a + b));
  }
  throw new Error(`${path}: only a literal text can be translated, not ${node.getText()}`);
}

function slots(text: string): string[] {
  return [...text.matchAll(/\{\w*\}/g)].map(([slot]) => slot).sort();
}

test.each(Object.entries({ de, fr, es, zh }))("%s says what the page says", (_, catalogue) => {
  const texts = spoken();
  expect(texts.size).toBeGreaterThan(500);
  expect([...texts].filter((text) => !Object.hasOwn(catalogue, text))).toEqual([]);
  expect(Object.keys(catalogue).filter((text) => !texts.has(text))).toEqual([]);
  for (const [text, said] of Object.entries(catalogue)) {
    expect(said.trim()).not.toBe("");
    expect(slots(said), text).toEqual(slots(text));
  }
});
