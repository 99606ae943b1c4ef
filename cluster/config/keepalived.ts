import { assert } from '../../director/base/invariant.js';
import { readBatonBlock } from './keepalived-baton.js';
import { checkSyncInstance, readGlobals } from './keepalived-globals.js';
import { tokenize } from './keepalived-lexer.js';
import { readVirtualServer } from './keepalived-lvs.js';
import { checkReferences } from './keepalived-references.js';
import { parseStatements, type Statement } from './keepalived-statements.js';
import { readVrrpInstance } from './keepalived-vrrp.js';
import type { NodeConfig } from './node-config.js';
import { type Positions, SyncDaemonKey } from './position.js';
import { configError, type ConfigProblem, ProblemList } from './problem.js';
import type { ReadContext } from './read-context.js';
import { StatementReader } from './statement-reader.js';

/** A node's configuration with the lines it came from, for checks that need more than the file. */
export interface ParsedKeepalived {
  readonly file: string;
  readonly config: NodeConfig;
  readonly positions: Positions;
}

/** A configuration, or everything that is wrong with its text, in the order of the file. */
export type KeepalivedResult = ParsedKeepalived | { readonly problems: readonly ConfigProblem[] };

/**
 * Reads keepalived.conf as far as this version honours it. Anything else is a problem, never ignored: a keyword that
 * does nothing is a promise not kept. `file` only names the text in messages.
 */
export function parseKeepalived(text: string, file: string): KeepalivedResult {
  const problems = new ProblemList(file);
  const statements = parseStatements(tokenize(text, problems), problems);
  // Meaning is not read into text whose braces do not pair: one mistake would be reported as many.
  if (!problems.isEmpty) return { problems: problems.inOrder };
  const reader = new StatementReader(problems);
  const context = { reader, problems, positions: new Map<string, number>() };
  const config = readNode(statements, context);
  if (!problems.isEmpty) return { problems: problems.inOrder };
  assert(config !== undefined, 'a file that is not read has a problem');
  return { file, config, positions: context.positions };
}

/** Like `parseKeepalived`, but throws one ConfigError that lists all problems. */
export function loadKeepalived(text: string, file: string): ParsedKeepalived {
  const result = parseKeepalived(text, file);
  if ('config' in result) return result;
  throw configError(result.problems);
}

function readNode(statements: readonly Statement[], context: ReadContext): NodeConfig | undefined {
  const found: Record<'globals' | 'baton' | 'instances' | 'servers', Statement[]> = {
    globals: [],
    baton: [],
    instances: [],
    servers: [],
  };
  const collect = (block: keyof typeof found) => (statement: Statement) => {
    found[block].push(statement);
  };
  context.reader.block({ name: 'the file', line: 1 }, statements, {
    global_defs: { required: true, takesBlock: true, read: collect('globals') },
    baton: { takesBlock: true, read: collect('baton') },
    vrrp_instance: { takesBlock: true, repeats: true, read: collect('instances') },
    virtual_server: { takesBlock: true, repeats: true, read: collect('servers') },
  });
  const globals = found.globals.map((statement) => readGlobals(statement, context))[0];
  // A file without global_defs is refused for that alone, not for each version that it does not set.
  const version3 = globals?.saysVersion3 ?? true;
  const vrrpInstances = found.instances
    .map((statement) => readVrrpInstance(statement, version3, context))
    .filter((instance) => instance !== undefined);
  const virtualServers = found.servers
    .map((statement) => readVirtualServer(statement, context))
    .filter((server) => server !== undefined);
  checkSyncInstance(globals?.sync, context);
  const syncs = context.positions.has(SyncDaemonKey);
  const { sync: tuning, dataPlane } = readBatonBlock(found.baton[0], syncs, context);
  checkReferences({ virtualServers, dataPlane }, context);
  if (globals?.routerId === undefined) return undefined;
  const { routerId, sync: daemon, timeouts } = globals;
  return {
    routerId,
    vrrpInstances,
    syncGroups: [],
    scripts: [],
    trackFiles: [],
    trackProcesses: [],
    scriptSecurity: false,
    notifyFifo: undefined,
    virtualServers,
    sync: daemon && { ...daemon.channel, ...tuning },
    timeouts,
    dataPlane,
  };
}
