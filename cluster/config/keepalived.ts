import { readBatonBlock } from './keepalived-baton.js';
import { readBfdInstance } from './keepalived-bfd.js';
import { applyCommit } from './keepalived-commit.js';
import { expandSource } from './keepalived-expand.js';
import { readGlobals } from './keepalived-globals.js';
import { tokenize } from './keepalived-lexer.js';
import { readVirtualServer } from './keepalived-lvs.js';
import { checkReferences } from './keepalived-references.js';
import { readServerGroup } from './keepalived-server-group.js';
import { parseStatements, type Statement } from './keepalived-statements.js';
import { checkSyncInstance, completeChannel } from './keepalived-sync-daemon.js';
import { readSyncGroup } from './keepalived-sync-group.js';
import { readTls } from './keepalived-tls.js';
import { readScript, readTrackFile, readTrackProcess } from './keepalived-trackers.js';
import { readVrrpInstance } from './keepalived-vrrp.js';
import type { NodeConfig } from './node-config.js';
import { type Positions, SyncDaemonKey } from './position.js';
import { configError, type ConfigProblem, type ConfigWarning, ProblemList } from './problem.js';
import type { ReadContext } from './read-context.js';
import {
  NoSurroundings,
  type SourceFile,
  type SourceLine,
  type Surroundings,
} from './source-text.js';
import { FileBlock, type Keyword, StatementReader } from './statement-reader.js';

/** A node's configuration with the lines it came from, for checks that need more than the file. */
export interface ParsedKeepalived {
  readonly file: string;
  /** The lines that `positions` are about. */
  readonly lines: readonly SourceLine[];
  readonly config: NodeConfig;
  readonly positions: Positions;
  /** What the file says that has no effect, each thing once, in the order of the file. */
  readonly warnings: readonly ConfigWarning[];
}

/** A configuration, or everything that is wrong with its text, in the order of the file. */
export type KeepalivedResult =
  | ParsedKeepalived
  | { readonly problems: readonly ConfigProblem[]; readonly warnings: readonly ConfigWarning[] };

/**
 * Reads keepalived.conf as keepalived 2.2 and 2.3 do. Nothing is ignored: a keyword has its effect, or is named in a
 * warning, or is a problem. `file` names the text in messages; `surroundings` are where it asks for other files.
 */
export function parseKeepalived(
  text: string,
  file: string,
  surroundings: Surroundings = NoSurroundings,
): KeepalivedResult {
  return parseKeepalivedSource({ name: file, folder: '/', text }, surroundings);
}

/** Like `parseKeepalived`, for a file whose folder is known. */
export function parseKeepalivedSource(
  source: SourceFile,
  surroundings: Surroundings,
): KeepalivedResult {
  const problems = new ProblemList(source.name);
  const lines = expandSource(source, surroundings, problems);
  const statements = parseStatements(tokenize(lines, problems), lines, problems);
  const failed = (): KeepalivedResult => ({
    problems: problems.inOrder,
    warnings: problems.warnings,
  });
  // Meaning is not read into text whose braces do not pair: one mistake would be reported as many.
  if (!problems.isEmpty) return failed();
  const reader = new StatementReader(problems);
  const context = { reader, problems, positions: new Map<string, number>() };
  const config = readNode(statements, surroundings.hostName, context);
  if (!problems.isEmpty) return failed();
  const { positions } = context;
  return { file: source.name, lines, config, positions, warnings: problems.warnings };
}

/** Like `parseKeepalived`, but throws one ConfigError that lists all problems. */
export function loadKeepalived(
  text: string,
  file: string,
  surroundings: Surroundings = NoSurroundings,
): ParsedKeepalived {
  return required(parseKeepalived(text, file, surroundings));
}

/** The configuration, or one ConfigError that lists all problems. */
export function required(result: KeepalivedResult): ParsedKeepalived {
  if ('config' in result) return result;
  throw configError(result.problems);
}

/** The blocks of a file by what they define. */
const BlockNames = {
  globals: ['global_defs'],
  baton: ['baton'],
  scripts: ['vrrp_script'],
  trackFiles: ['track_file', 'vrrp_track_file'],
  trackProcesses: ['vrrp_track_process'],
  bfdInstances: ['bfd_instance'],
  instances: ['vrrp_instance'],
  syncGroups: ['vrrp_sync_group'],
  groups: ['virtual_server_group'],
  servers: ['virtual_server'],
  tls: ['SSL'],
} as const;

type Blocks = Readonly<Record<keyof typeof BlockNames, Statement[]>>;

/** Several blocks of one name are read one after the other. */
const keywordFor = (into: Statement[]): Keyword => ({
  takesBlock: true,
  repeats: true,
  read: (statement) => into.push(statement),
});

function collectBlocks(statements: readonly Statement[], { reader }: ReadContext): Blocks {
  const blocks: Blocks = {
    globals: [],
    baton: [],
    scripts: [],
    trackFiles: [],
    trackProcesses: [],
    bfdInstances: [],
    instances: [],
    syncGroups: [],
    groups: [],
    servers: [],
    tls: [],
  };
  const keywords = Object.entries(blocks).flatMap(([block, into]) => {
    const names = Object.entries(BlockNames).find(([name]) => name === block)?.[1] ?? [];
    return names.map((name): [string, Keyword] => [name, keywordFor(into)]);
  });
  reader.block({ name: FileBlock, line: 1 }, statements, Object.fromEntries(keywords));
  return blocks;
}

/** Blocks are read in the order in which they refer to one another, whatever that of the file. */
function readNode(
  statements: readonly Statement[],
  hostName: string,
  context: ReadContext,
): NodeConfig {
  const blocks = collectBlocks(statements, context);
  const globals = readGlobals(blocks.globals, context);
  const { user: owner, scriptSecurity, notifyFifo } = globals.vrrp;
  const trackers = {
    scripts: readAll(blocks.scripts, (script) => readScript(script, owner, context)),
    trackFiles: readAll(blocks.trackFiles, (file) => readTrackFile(file, context)),
    trackProcesses: readAll(blocks.trackProcesses, (one) => readTrackProcess(one, context)),
    bfdInstances: readAll(blocks.bfdInstances, (one) => readBfdInstance(one, context)),
  };
  const scope = { globals: globals.vrrp, trackers };
  const vrrpInstances = readAll(blocks.instances, (instance) =>
    readVrrpInstance(instance, scope, context),
  );
  const syncGroups = readAll(blocks.syncGroups, (group) =>
    readSyncGroup(group, { owner, trackers, instances: vrrpInstances }, context),
  );
  const groups = readAll(blocks.groups, (group) => readServerGroup(group, context));
  const { logAllFailures, initialNotifies, serverFifo } = globals;
  const services = { owner, logAllFailures, trackFiles: trackers.trackFiles, groups };
  const servers = blocks.servers.flatMap((one) => readVirtualServer(one, services, context));
  checkSyncInstance(globals.sync, context);
  const syncs = context.positions.has(SyncDaemonKey);
  const { sync: tuning, commits, dataPlane } = readBatonBlock(blocks.baton, syncs, context);
  const virtualServers = applyCommit(servers, commits, context);
  checkReferences({ virtualServers, dataPlane }, context);
  const { sync: daemon, timeouts } = globals;
  const channel = daemon && completeChannel(daemon, tuning.format, vrrpInstances);
  return {
    routerId: globals.routerId ?? hostName,
    vrrpInstances,
    syncGroups,
    ...trackers,
    scriptSecurity,
    notifyFifo,
    virtualServers,
    tls: readTls(blocks.tls, context),
    initialNotifies,
    serverFifo,
    sync: channel && { ...channel, ...tuning },
    timeouts,
    dataPlane,
  };
}

const readAll = <T>(
  statements: readonly Statement[],
  read: (statement: Statement) => T | undefined,
): T[] => statements.map(read).filter((one) => one !== undefined);
