// What Seesaw expects of its own VRRP (ha/ha_test.go), asked of ours: the same situations, the same outcomes.
import { test } from 'tap';

import { decodeAdvertisement, encodeAdvertisement } from '../../../cluster/vrrp/advertisement.js';
import { onesComplementSum } from '../../../cluster/vrrp/checksum.js';
import type { ElectionConfig } from '../../../cluster/vrrp/election-config.js';
import type { Election } from '../../../cluster/vrrp/election.js';
import type { Instant } from '../../../director/base/time.js';
import { address, at, backup, config, master, serve, takeOverAt } from './routers.js';

const group = address('224.0.0.18');
const peer = address('10.0.0.1');
const down = 3_609.375;

/** A peer's advertisement, on its way through the decoder as at the edge. */
interface PeerMessage {
  readonly priority: number;
  readonly version?: 2 | 3;
  readonly virtualRouterId?: number;
}

function send(election: Election, now: Instant, message: PeerMessage): void {
  const { priority, version = 3, virtualRouterId = config.virtualRouterId } = message;
  const fields = {
    priority,
    virtualRouterId,
    intervalCentiseconds: 100,
    addresses: config.addresses,
  };
  const bytes = encodeAdvertisement(fields, peer, group, { version, checksumAsV2: false });
  const decoded = decodeAdvertisement(
    bytes,
    { source: peer, destination: group, ttl: 255 },
    { version: 3, virtualRouterId: config.virtualRouterId },
  );
  if (decoded.kind === 'rejected') election.handleRejected(decoded.reason);
  else election.handleAdvertisement(now, decoded);
}

interface Case {
  readonly name: string;
  readonly from: 'backup' | 'master';
  readonly change?: Partial<ElectionConfig>;
  /** What the peer says, every 900 ms for nine seconds; nothing when absent. */
  readonly says?: PeerMessage;
  readonly becomes: 'backup' | 'master';
  readonly rejected?: Readonly<Record<string, number>>;
}

const cases: readonly Case[] = [
  { name: 'no peer', from: 'backup', becomes: 'master' },
  { name: 'a peer of higher priority', from: 'backup', says: { priority: 200 }, becomes: 'backup' },
  {
    name: 'a peer of higher priority that appears later',
    from: 'master',
    says: { priority: 200 },
    becomes: 'backup',
  },
  { name: 'a peer of lower priority', from: 'master', says: { priority: 50 }, becomes: 'master' },
  {
    name: 'a peer of lower priority that was first, with preemption',
    from: 'backup',
    says: { priority: 50 },
    becomes: 'master',
  },
  {
    name: 'a peer of lower priority that was first, without preemption',
    from: 'backup',
    change: { preempt: false },
    says: { priority: 50 },
    becomes: 'backup',
  },
  {
    name: 'a peer with another version',
    from: 'backup',
    says: { priority: 200, version: 2 },
    becomes: 'master',
    rejected: { version: 10 },
  },
  {
    name: 'a peer with another virtual router id',
    from: 'backup',
    says: { priority: 200, virtualRouterId: 52 },
    becomes: 'master',
    rejected: { 'virtual-router-id': 10 },
  },
  { name: 'a peer that shuts down', from: 'backup', says: { priority: 0 }, becomes: 'master' },
];

for (const { name, from, change, says, becomes, rejected } of cases) {
  test(`${from}, ${name}: ${becomes}`, (t) => {
    const election = from === 'backup' ? backup(change) : master(change);
    const start = from === 'backup' ? 0 : down;
    for (let message = 0; message < 10; message += 1) {
      const now = at(start + message * 900);
      serve(election, now);
      if (says !== undefined) send(election, now, says);
    }
    t.equal(election.snapshot().state, becomes);
    t.same(election.snapshot().rejected, rejected ?? {});
    t.end();
  });
}

test('backup, a peer of higher priority that falls silent: master', (t) => {
  const election = backup();
  send(election, at(500), { priority: 200 });
  serve(election, at(500 + down - 0.001));
  t.equal(election.snapshot().state, 'backup');
  t.equal(takeOverAt(election), at(500 + down));
  serve(election, at(500 + down));
  t.equal(election.snapshot().state, 'master');
  t.end();
});

test('the checksum of RFC 1071 §3, of an even and of an odd number of bytes', (t) => {
  const bytes = Uint8Array.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7);
  t.equal(onesComplementSum(bytes), 0xddf2);
  t.equal(onesComplementSum(Uint8Array.of(...bytes, 0x01)), 0xdef2);
  t.end();
});
