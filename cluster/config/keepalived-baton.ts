import { readCommit, type CommitRule } from './keepalived-commit.js';
import type { Statement } from './keepalived-statements.js';
import {
  checkSyncTuning,
  newSyncTuning,
  syncKeywords,
  type SyncTuning,
  type SyncTuningDraft,
} from './keepalived-sync-tuning.js';
import {
  DriverChoices,
  type CarrierThreads,
  type DataPlaneConfig,
  type FirewallMarkConfig,
} from './node-config.js';
import { firewallMarkKey, LocalAddressesKey } from './position.js';
import { claim, type ReadContext } from './read-context.js';
import { Protocols, readMark } from './service-values.js';
import type { Keyword } from './statement-reader.js';
import { isSysctlName, SysctlRanges, type SysctlSettings } from './sysctls.js';

/** What the block `baton` says, which keepalived has no keywords for. */
export interface BatonBlock {
  readonly sync: SyncTuning;
  readonly commits: readonly CommitRule[];
  readonly dataPlane: DataPlaneConfig;
}

/** The block while it is read. */
interface BatonDraft {
  readonly sync: SyncTuningDraft;
  readonly commits: CommitRule[];
  readonly settings: SysctlSettings;
  readonly firewallMarks: FirewallMarkConfig[];
  connectionCapacity: number;
  offloadCapacity?: number;
  carrierThreads?: CarrierThreads;
  unknownTcp: DataPlaneConfig['unknownTcp'];
  activeActive: boolean;
  driver: DataPlaneConfig['driver'];
  localAddresses: DataPlaneConfig['localAddresses'];
}

/** The limits of `connection_table`, in connections: the table is laid out once and does not grow. */
export const CapacityRange = { minimum: 1_024, maximum: 16_777_216 };

/** The limits of `offload_table`, in connections. */
export const OffloadRange = { minimum: 1_024, maximum: 1_048_576 };

/** The limits of `carrier_threads`. */
export const ThreadsRange = { minimum: 0, maximum: 15 };

/** How many `local_addresses` there may be: each has some sixty thousand ports to every real server. */
export const MaximumLocalAddresses = 256;

/** How many `firewall_mark` lines there may be: they are tried one after the other for each packet. */
export const MaximumMarks = 256;

const DriverMeanings = {
  auto: 'auto',
  offload: 'offload',
  ring: 'ring',
  pcap: 'pcap',
  xdp: 'xdp',
} as const;

/** What a file without the block, or without one of its keywords, means. */
export const BatonDefaults = {
  activeActive: false,
  connectionCapacity: 1_048_576,
  driver: 'auto',
  unknownTcp: 'drop',
} as const;

/**
 * Reads the block that only we know; `@baton` before each of its lines hides it from keepalived. `syncs` says that the
 * file has `lvs_sync_daemon`. Several blocks are read as one, and without one it answers the defaults.
 */
export function readBatonBlock(
  statements: readonly Statement[],
  syncs: boolean,
  context: ReadContext,
): BatonBlock {
  const draft: BatonDraft = {
    sync: newSyncTuning(),
    commits: [],
    ...BatonDefaults,
    settings: {},
    localAddresses: [],
    firewallMarks: [],
  };
  const [first] = statements;
  if (first !== undefined) {
    const { reader } = context;
    for (const statement of statements) reader.values(statement, []);
    const block = { name: 'baton', line: first.line };
    const body = statements.flatMap((statement) => statement.body ?? []);
    const lines = reader.block(block, body, {
      ...syncKeywords(draft.sync, context),
      commit: {
        repeats: true,
        read: (given) => {
          const rule = readCommit(given, context);
          if (rule !== undefined) draft.commits.push(rule);
        },
      },
      ...dataPlaneKeywords(draft, context),
    });
    checkSyncTuning(draft, lines, syncs, context);
  }
  const { sync, commits, ...dataPlane } = draft;
  return { sync, commits, dataPlane };
}

function dataPlaneKeywords(draft: BatonDraft, context: ReadContext): Record<string, Keyword> {
  const { reader } = context;
  return {
    sysctl: { repeats: true, read: (statement) => readSysctl(statement, draft.settings, context) },
    connection_table: {
      read: (statement) => {
        const capacity = reader.wholeNumber(reader.value(statement), CapacityRange);
        draft.connectionCapacity = capacity ?? draft.connectionCapacity;
      },
    },
    offload_table: {
      read: (statement) => {
        const capacity = reader.wholeNumber(reader.value(statement), OffloadRange);
        if (capacity !== undefined) draft.offloadCapacity = capacity;
      },
    },
    carrier_threads: {
      read: (statement) => {
        const hasWord = statement.words.length > 1;
        const names = hasWord ? ['a number', 'always'] : ['a number, and perhaps always'];
        const [number, word] = reader.values(statement, names) ?? [];
        const most = reader.wholeNumber(number, ThreadsRange);
        const isAlways = word === undefined ? false : reader.choice(word, { always: true });
        if (most !== undefined && isAlways !== undefined) draft.carrierThreads = { most, isAlways };
      },
    },
    unknown_tcp: {
      read: (statement) => {
        const value = reader.value(statement, 'drop or hash');
        const meaning = reader.choice(value, { drop: 'drop', hash: 'hash' } as const);
        draft.unknownTcp = meaning ?? draft.unknownTcp;
      },
    },
    driver: {
      read: (statement) => {
        const value = reader.value(statement, DriverChoices.join(', '));
        const meaning = reader.choice(value, DriverMeanings);
        draft.driver = meaning ?? draft.driver;
      },
    },
    active_active: {
      read: (statement) => {
        draft.activeActive = reader.flag(statement) ?? draft.activeActive;
      },
    },
    local_addresses: {
      read: (statement) => {
        draft.localAddresses = readLocalAddresses(statement, context);
      },
    },
    firewall_mark: {
      repeats: true,
      read: (statement) => readFirewallMark(statement, draft.firewallMarks, context),
    },
  };
}

/** `sysctl NAME VALUE`. */
function readSysctl(statement: Statement, settings: SysctlSettings, context: ReadContext): void {
  const { reader, problems } = context;
  const [first, second] = reader.values(statement, ['NAME', 'VALUE']) ?? [];
  if (first === undefined || second === undefined) return;
  const { text: name, line } = first;
  if (!isSysctlName(name)) {
    const names = Object.keys(SysctlRanges).join(', ');
    problems.add(line, 'unknown-keyword', `unknown setting ${name} after sysctl: it sets ${names}`);
    return;
  }
  claim(context, `sysctl ${name}`, line);
  const value = reader.wholeNumber({ ...second, name: `sysctl ${name}` }, SysctlRanges[name]);
  if (value !== undefined) settings[name] = value;
}

/** `local_addresses ADDRESS ...`; whether the cluster holds them is checked when all instances are read. */
function readLocalAddresses(
  { keyword, words, line }: Statement,
  context: ReadContext,
): DataPlaneConfig['localAddresses'] {
  const { reader, problems } = context;
  claim(context, LocalAddressesKey, line);
  if (words.length === 0) problems.add(line, 'syntax', `${keyword} needs an address`);
  if (words.length > MaximumLocalAddresses) {
    const message = `${keyword} takes at most ${MaximumLocalAddresses} addresses`;
    problems.add(line, 'not-supported', message);
  }
  const addresses = words
    .slice(0, MaximumLocalAddresses)
    .map((text) => reader.address({ name: keyword, text, line }))
    .filter((address) => address !== undefined);
  for (const [index, address] of addresses.entries()) {
    if (addresses.indexOf(address) === index) continue;
    problems.add(line, 'duplicate', `${keyword} names ${address} twice`);
  }
  return addresses;
}

/** `firewall_mark N PROTOCOL ADDRESS PORT[-PORT]`. */
function readFirewallMark(
  statement: Statement,
  rules: FirewallMarkConfig[],
  context: ReadContext,
): void {
  const { reader, problems } = context;
  const { line } = statement;
  const names = ['N', 'PROTOCOL', 'ADDRESS', 'PORT[-PORT]'];
  const [first, second, third, fourth] = reader.values(statement, names) ?? [];
  const mark = readMark(first, reader);
  const protocol = reader.choice(second, Protocols);
  const address = reader.address(third);
  const ports = reader.portRange(fourth);
  if (mark === undefined || protocol === undefined) return;
  if (address === undefined || ports === undefined) return;
  if (rules.length === MaximumMarks) {
    const message = `there are at most ${MaximumMarks} lines of firewall_mark`;
    problems.add(line, 'not-supported', message);
    return;
  }
  context.positions.set(firewallMarkKey(rules.length), line);
  rules.push({ mark, protocol, address, firstPort: ports.minimum, lastPort: ports.maximum });
}
