import { assert } from '../../director/base/invariant.js';
import { readBatonBlock } from './keepalived-baton.js';
import { applyCommit } from './keepalived-commit.js';
import { readGlobals } from './keepalived-globals.js';
import { tokenize } from './keepalived-lexer.js';
import { readVirtualServer } from './keepalived-lvs.js';
import { checkReferences } from './keepalived-references.js';
import { parseStatements, type Statement } from './keepalived-statements.js';
import { checkSyncInstance, completeChannel } from './keepalived-sync-daemon.js';
import { readSyncGroup } from './keepalived-sync-group.js';
import { readScript, readTrackFile, readTrackProcess } from './keepalived-trackers.js';
import { newVrrpGlobals } from './keepalived-vrrp-globals.js';
import { readVrrpInstance } from './keepalived-vrrp.js';
import type { NodeConfig } from './node-config.js';
import { type Positions, SyncDaemonKey } from './position.js';
import { configError, type ConfigProblem, ProblemList } from './problem.js';
import type { ReadContext } from './read-context.js';
import { type Keyword, StatementReader } from './statement-reader.js';

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

/** The statements of a file by what they define. */
interface Blocks {
  readonly globals: Statement[];
  readonly baton: Statement[];
  readonly scripts: Statement[];
  readonly trackFiles: Statement[];
  readonly trackProcesses: Statement[];
  readonly instances: Statement[];
  readonly syncGroups: Statement[];
  readonly servers: Statement[];
}

function collectBlocks(statements: readonly Statement[], { reader }: ReadContext): Blocks {
  const blocks: Blocks = {
    globals: [],
    baton: [],
    scripts: [],
    trackFiles: [],
    trackProcesses: [],
    instances: [],
    syncGroups: [],
    servers: [],
  };
  const one = (block: keyof Blocks, required = false): Keyword => ({
    required,
    takesBlock: true,
    read: (statement) => blocks[block].push(statement),
  });
  const several = (block: keyof Blocks): Keyword => ({ ...one(block), repeats: true });
  const trackFile = several('trackFiles');
  reader.block({ name: 'the file', line: 1 }, statements, {
    global_defs: one('globals', true),
    baton: one('baton'),
    vrrp_script: several('scripts'),
    track_file: trackFile,
    vrrp_track_file: trackFile,
    vrrp_track_process: several('trackProcesses'),
    vrrp_instance: several('instances'),
    vrrp_sync_group: several('syncGroups'),
    virtual_server: several('servers'),
  });
  return blocks;
}

/** Blocks are read in the order in which they refer to one another, whatever that of the file. */
function readNode(statements: readonly Statement[], context: ReadContext): NodeConfig | undefined {
  const blocks = collectBlocks(statements, context);
  const [globals] = blocks.globals.map((statement) => readGlobals(statement, context));
  // A file without global_defs is refused for that alone, not for what each instance makes of the version.
  const vrrp = globals?.vrrp ?? { ...newVrrpGlobals(), version: undefined };
  const { user: owner, scriptSecurity, notifyFifo } = vrrp;
  const trackers = {
    scripts: readAll(blocks.scripts, (script) => readScript(script, owner, context)),
    trackFiles: readAll(blocks.trackFiles, (file) => readTrackFile(file, context)),
    trackProcesses: readAll(blocks.trackProcesses, (one) => readTrackProcess(one, context)),
  };
  const scope = { globals: vrrp, trackers };
  const vrrpInstances = readAll(blocks.instances, (instance) =>
    readVrrpInstance(instance, scope, context),
  );
  const syncGroups = readAll(blocks.syncGroups, (group) =>
    readSyncGroup(group, { owner, trackers, instances: vrrpInstances }, context),
  );
  const servers = readAll(blocks.servers, (server) => readVirtualServer(server, context));
  checkSyncInstance(globals?.sync, context);
  const syncs = context.positions.has(SyncDaemonKey);
  const { sync: tuning, commits, dataPlane } = readBatonBlock(blocks.baton[0], syncs, context);
  const virtualServers = applyCommit(servers, commits, context);
  checkReferences({ virtualServers, dataPlane }, context);
  if (globals?.routerId === undefined) return undefined;
  const { routerId, sync: daemon, timeouts } = globals;
  const channel = daemon && completeChannel(daemon, tuning.format, vrrpInstances);
  return {
    routerId,
    vrrpInstances,
    syncGroups,
    ...trackers,
    scriptSecurity,
    notifyFifo,
    virtualServers,
    sync: channel && { ...channel, ...tuning },
    timeouts,
    dataPlane,
  };
}

const readAll = <T>(
  statements: readonly Statement[],
  read: (statement: Statement) => T | undefined,
): T[] => statements.map(read).filter((one) => one !== undefined);
