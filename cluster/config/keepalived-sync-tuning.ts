import type { IpAddress } from '../../director/base/address.js';
import { milliseconds, seconds } from '../../director/base/time.js';
import { isHostAddress } from './address-kinds.js';
import type { CommitRule } from './keepalived-commit.js';
import type { Statement } from './keepalived-statements.js';
import type { SyncChannel } from './keepalived-sync-daemon.js';
import type { SyncConfig } from './node-config.js';
import { syncPeerKey } from './position.js';
import { claim, type ReadContext } from './read-context.js';
import { KeyIdRange, readSecretKey } from './secret-key.js';
import { familyOf } from './service-values.js';
import type { Keyword, KeywordLines } from './statement-reader.js';
import type { SecretKey } from './vrrp-config.js';

/** What the block `baton` says about sync, beyond `lvs_sync_daemon`. */
export type SyncTuning = Omit<SyncConfig, keyof SyncChannel>;

/** The same while the block is read. */
export type SyncTuningDraft = {
  -readonly [Key in keyof SyncTuning]: SyncTuning[Key];
} & { readonly keys: SecretKey[]; readonly peers: IpAddress[] };

/** What a file without the keywords means. */
export const SyncTuningDefaults = {
  /** IPVS's `sync_threshold`. */
  threshold: 3,
  period: 50,
  /** Long enough for the table of a busy peer. */
  bulkTimeout: seconds(10),
  deathNotice: true,
  format: 'baton',
  activeKey: undefined,
  flushBound: milliseconds(20),
} as const;

/** A cluster has up to 64 directors. */
const MaximumPeers = 63;

/** In seconds; 0 sends each update at once. */
const FlushRange = { minimum: 0, maximum: 1 };

/** A draft of the defaults. */
export const newSyncTuning = (): SyncTuningDraft => ({
  ...SyncTuningDefaults,
  keys: [],
  peers: [],
});

/** The keywords that say more about `lvs_sync_daemon`. */
export function syncKeywords(
  draft: SyncTuningDraft,
  context: ReadContext,
): Record<string, Keyword> {
  const { reader } = context;
  return {
    sync_format: {
      read: (statement) => {
        draft.format = reader.choice(reader.value(statement, 'a format'), Formats) ?? draft.format;
      },
    },
    sync_threshold: { read: (pair) => readThreshold(pair, draft, context) },
    sync_flush: {
      read: (statement) => {
        const bound = reader.duration(reader.value(statement, 'seconds'), FlushRange);
        draft.flushBound = bound ?? draft.flushBound;
      },
    },
    sync_bulk_timeout: {
      read: (statement) => {
        const range = { minimum: 0, maximum: 3_600 };
        const length = reader.duration(reader.value(statement, 'seconds'), range);
        draft.bulkTimeout = length ?? draft.bulkTimeout;
      },
    },
    death_notice: {
      read: (statement) => {
        const value = reader.value(statement, 'on or off');
        draft.deathNotice = reader.choice(value, { on: true, off: false }) ?? draft.deathNotice;
      },
    },
    sync_peer: { repeats: true, read: (statement) => readPeer(statement, draft.peers, context) },
    sync_key: {
      repeats: true,
      read: (statement) => readSecretKey(statement, draft.keys, context),
    },
    sync_active_key: {
      read: (statement) => {
        const value = reader.value(statement, 'the id of a key');
        draft.activeKey = reader.wholeNumber(value, KeyIdRange);
      },
    },
  };
}

const Formats = { baton: 'baton', 'ipvs-v1': 'ipvs-v1', 'ipvs-v0': 'ipvs-v0' } as const;

function readThreshold(
  pair: Statement,
  draft: SyncTuningDraft,
  { reader, problems }: ReadContext,
): void {
  const [first, second] = reader.values(pair, ['THRESHOLD', 'PERIOD']) ?? [];
  const threshold = reader.wholeNumber(first, { minimum: 1, maximum: 65_535 });
  const period = reader.wholeNumber(second, { minimum: 0, maximum: 65_535 });
  if (threshold === undefined || period === undefined) return;
  draft.threshold = threshold;
  draft.period = period;
  if (period === 0 || period > threshold) return;
  const message = `sync_threshold needs a period above ${threshold}, or 0, not ${period}`;
  problems.add(pair.line, 'wrong-value', message);
}

function readPeer(statement: Statement, peers: IpAddress[], context: ReadContext): void {
  const { reader, problems } = context;
  const { line, keyword } = statement;
  const address = reader.address(reader.value(statement, 'an address'));
  if (address === undefined) return;
  if (familyOf(address) !== 'ipv4' || !isHostAddress(address)) {
    const message = `${keyword} has to be the IPv4 address of a host, not ${address}`;
    problems.add(line, 'wrong-value', message);
  } else if (peers.length === MaximumPeers) {
    problems.add(line, 'not-supported', `there are at most ${MaximumPeers} lines of ${keyword}`);
  } else if (claim(context, syncPeerKey(address), line)) {
    peers.push(address);
  }
}

/** What of the block has to go together. */
interface TunedBlock {
  readonly sync: SyncTuningDraft;
  readonly commits: readonly CommitRule[];
}

/** Refuses what has no effect because of something else, and settles which key signs. */
export function checkSyncTuning(
  { sync, commits }: TunedBlock,
  lines: KeywordLines,
  syncs: boolean,
  { problems }: ReadContext,
): void {
  const refuse = (keywords: readonly string[], reason: string): void => {
    for (const keyword of keywords) {
      const line = lines.get(keyword);
      if (line === undefined) continue;
      problems.add(line, 'conflict', `${keyword} has no effect ${reason}`);
    }
  };
  if (!syncs) refuse(SyncKeywords, 'without lvs_sync_daemon in global_defs');
  const isOwn = sync.format === 'baton';
  if (!isOwn) refuse(OwnKeywords, `with sync_format ${sync.format}`);
  for (const { mode, line } of commits) {
    if (mode === 'none') continue;
    if (!syncs) {
      const message = `commit ${mode} needs lvs_sync_daemon in global_defs`;
      problems.add(line, 'conflict', message);
    } else if (mode === 'acked' && !isOwn) {
      const message = `commit acked needs sync_format baton: in IPVS's nobody acknowledges`;
      problems.add(line, 'conflict', message);
    }
  }
  checkActiveKey(sync, lines, problems);
}

function checkActiveKey(
  sync: SyncTuningDraft,
  lines: KeywordLines,
  problems: ReadContext['problems'],
): void {
  const line = lines.get('sync_active_key');
  if (line === undefined) {
    sync.activeKey = sync.keys[0]?.id;
  } else if (!lines.has('sync_key')) {
    problems.add(line, 'missing', 'sync_active_key needs a sync_key');
  } else if (sync.activeKey !== undefined && sync.keys.length > 0) {
    if (sync.keys.some(({ id }) => id === sync.activeKey)) return;
    const message = `sync_active_key is ${sync.activeKey}, which is the id of no sync_key`;
    problems.add(line, 'unknown-reference', message);
  }
}

/** What only our own messages have. */
const OwnKeywords = ['sync_key', 'sync_active_key', 'sync_peer', 'sync_bulk_timeout'];

const SyncKeywords = [
  'sync_format',
  'sync_threshold',
  'sync_flush',
  'death_notice',
  ...OwnKeywords,
];
