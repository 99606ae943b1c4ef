import { ConfigError } from '../../director/base/errors.js';
import {
  parseConnectionListing,
  parseRawConnections,
  type ListedConnection,
} from './connection-listing.js';
import { parseServiceListing, type ListedService } from './service-listing.js';

/** What one node's tables held. */
export interface NodeTables {
  /** `ipvsadm -Ln`; empty where it was not recorded. */
  readonly services: readonly ListedService[];
  /** /proc/net/ip_vs_conn, or `ipvsadm -Lnc` where that was not recorded; undefined when neither was. */
  readonly connections: readonly ListedConnection[] | undefined;
}

/** A moment of a scenario at which both nodes' tables were recorded. */
export interface Mark {
  readonly text: string;
  /** Seconds on a clock that the captures do not show, where only differences between marks mean anything, or since 1970. */
  readonly time: number;
  readonly master: NodeTables;
  readonly backup: NodeTables;
}

const MarkLine = /^### (?:[^:]+: )?(.*?)\s*\(t=([\d.]+)\)$/;
const SectionLine = /^--- (.*)$/;

/** The marks of a scenario's text, in order. Throws a `ConfigError` for a text with no marks or an unreadable line. */
export function parseScenarioText(name: string, text: string): Mark[] {
  const marks: Mark[] = [];
  let sections = new Map<string, string[]>();
  let section: string[] = [];
  const refuse = (line: string): never => {
    throw new ConfigError({ code: 'bad-scenario', file: name }, `${name} has no meaning: ${line}`);
  };
  let open: { readonly text: string; readonly time: number } | undefined;
  const close = (): void => {
    if (open === undefined) return;
    const master = tablesOf(sections, 'master', refuse);
    marks.push({ ...open, master, backup: tablesOf(sections, 'backup', refuse) });
  };
  for (const line of text.split('\n')) {
    const mark = MarkLine.exec(line);
    const heading = SectionLine.exec(line)?.[1];
    if (mark !== null) {
      close();
      open = { text: mark[1] ?? '', time: Number(mark[2]) };
      sections = new Map();
      section = [];
    } else if (heading === undefined) {
      section.push(line);
    } else {
      section = [];
      sections.set(heading, section);
    }
  }
  close();
  if (marks.length === 0) refuse('there is no line that begins with ###');
  return marks;
}

/** The tables of a node among the sections, whose headings are the node, perhaps its name, and a command or file. */
function tablesOf(
  sections: ReadonlyMap<string, readonly string[]>,
  node: 'master' | 'backup',
  refuse: (line: string) => never,
): NodeTables {
  const find = (what: RegExp): readonly string[] | undefined => {
    for (const [heading, lines] of sections) {
      if (heading.startsWith(`${node} `) && what.test(heading)) return lines;
    }
    return undefined;
  };
  const raw = find(/\/proc\/net\/ip_vs_conn(_sync)?$/);
  const listed = find(/ipvsadm -Lnc$/);
  return {
    services: parseServiceListing(find(/ipvsadm -Ln$/) ?? [], refuse),
    connections:
      raw === undefined
        ? listed && parseConnectionListing(listed, refuse)
        : parseRawConnections(raw, refuse),
  };
}
