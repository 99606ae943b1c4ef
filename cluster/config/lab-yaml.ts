import { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml';

import type { ProblemList } from './problem.js';

/** Where a value stands in a YAML document: the keys and indexes that lead to it. */
export type YamlPath = readonly PropertyKey[];

/** A YAML document as plain data, and the line of each of its values. */
export interface YamlText {
  readonly data: unknown;
  /** The 1-based line of the value at `path`, or of the nearest thing around it that exists. */
  readonly lineOf: (path: YamlPath) => number;
}

/** What the parser says in terms of its own interface, in ours. */
const OwnWords: ReadonlyMap<string, string> = new Map([
  ['MULTIPLE_DOCS', 'the file has to be one YAML document'],
  ['NON_STRING_KEY', 'a key has to be a plain word'],
]);

/** Reads one YAML document. Anchors are refused: a message about an aliased value would point at the wrong line. */
export function readYaml(text: string, problems: ProblemList): YamlText | undefined {
  const lines = new LineCounter();
  const lineAt = (offset: number): number => Math.max(lines.linePos(offset).line, 1);
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    stringKeys: true,
  });
  // One slip makes the parser complain about much that follows: the first complaint is the one to mend.
  const first = [...document.errors, ...document.warnings].toSorted(
    (left, right) => left.pos[0] - right.pos[0],
  )[0];
  if (first !== undefined) {
    const { code, pos, message } = first;
    problems.add(lineAt(pos[0]), 'syntax', OwnWords.get(code) ?? message);
  }
  visit(document, {
    Alias: (_, { range }) => {
      problems.add(lineAt(range?.[0] ?? 0), 'not-supported', 'aliases are not supported');
    },
    Pair: (_, { key }) => {
      // A record drops this key without a word.
      if (!isScalar(key) || key.value !== '__proto__') return;
      problems.add(lineAt(key.range?.[0] ?? 0), 'unknown-keyword', '__proto__ is an unknown key');
    },
  });
  if (!problems.isEmpty) return undefined;
  const data: unknown = document.toJS();
  return { data, lineOf: (path) => lineAt(offsetOf(document.contents, path)) };
}

/** Where in the text the last key or item on the way along `path` starts that exists. */
function offsetOf(contents: unknown, path: YamlPath): number {
  let node = contents;
  let offset = offsetOfNode(node) ?? 0;
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && key.value === step);
      offset = offsetOfNode(pair?.key) ?? offset;
      node = pair?.value;
    } else if (isSeq(node)) {
      node = node.items[Number(step)];
      offset = offsetOfNode(node) ?? offset;
    } else {
      break;
    }
  }
  return offset;
}

const offsetOfNode = (node: unknown): number | undefined =>
  isNode(node) ? node.range?.[0] : undefined;
