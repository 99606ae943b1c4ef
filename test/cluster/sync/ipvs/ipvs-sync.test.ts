import { test } from 'tap';

import type { SyncEffect } from '../../../../cluster/sync/effects.js';
import {
  IpvsSync,
  mostIpvsPeers,
  type IpvsSyncConfig,
} from '../../../../cluster/sync/ipvs/ipvs-sync.js';
import { readIpvsMessage } from '../../../../cluster/sync/ipvs/reader.js';
import { writeIpvsMessage } from '../../../../cluster/sync/ipvs/writer.js';
import { milliseconds, Never, seconds } from '../../../../director/base/time.js';
import { at } from '../../../base/values.js';
import { address } from '../toy-table.js';
import { bytesOf, golden, hexOf, tableRecord, wireRecord } from './records.js';

const peer = address('10.3.0.2');

const config: IpvsSyncConfig = {
  version: 1,
  syncId: 7,
  maxLength: 1472,
  flushBound: milliseconds(20),
  threshold: 3,
  address: address('10.3.0.1'),
  timeoutOf: () => seconds(900),
};

/** A machine that has started at 0, without its start effects. */
function started(change: Partial<IpvsSyncConfig> = {}): IpvsSync {
  const sync = new IpvsSync({ ...config, ...change });
  sync.start(at(0));
  sync.effects.splice(0);
  return sync;
}

const drain = (sync: IpvsSync): SyncEffect[] => sync.effects.splice(0);

const sent = (sync: IpvsSync): string[] =>
  drain(sync).map((effect) => (effect.kind === 'send' ? hexOf(effect.bytes) : effect.kind));

const goldenText = golden.version1.replaceAll(/\s/g, '');
const goldenBytes = bytesOf(golden.version1);

test('the table counts as complete from the start, because there is none to fetch', (t) => {
  const sync = new IpvsSync(config);
  t.notOk(sync.tableComplete);
  sync.start(at(0));
  t.ok(sync.tableComplete);
  t.strictSame(drain(sync), [{ kind: 'table-complete', reason: 'no-bulk', entries: 0 }]);
  t.equal(sync.deadline, Never);
  t.end();
});

test('the first record after a quiet time leaves at once, those behind it within the flush bound', (t) => {
  const sync = started();
  t.equal(sync.update(at(1), tableRecord), 1);
  t.equal(sync.deadline, at(1));
  sync.handleDeadline(at(1));
  t.strictSame(sent(sync), [goldenText]);
  t.equal(sync.deadline, Never);

  t.equal(sync.update(at(1.005), tableRecord), 2, 'the next message');
  t.equal(sync.deadline, at(1.02));
  t.equal(sync.update(at(1.01), tableRecord), 2, 'the same');
  t.equal(sync.deadline, at(1.02), 'counted from the last that left');
  sync.handleDeadline(at(1.019));
  t.strictSame(drain(sync), []);
  sync.handleDeadline(at(1.02));
  const [text = ''] = sent(sync);
  t.match(readIpvsMessage(bytesOf(text)), { version: 1, syncId: 7, records: [{}, {}] });

  sync.update(at(9), tableRecord);
  t.equal(sync.deadline, at(9), 'and again after a quiet time');
  t.end();
});

test('a kernel’s flush bound is as good as ours', (t) => {
  const sync = started({ flushBound: seconds(2) });
  sync.update(at(1), tableRecord);
  sync.handleDeadline(at(1));
  sync.update(at(1.5), tableRecord);
  t.equal(sync.deadline, at(3));
  t.end();
});

test('what is flushed is what a kernel would send', (t) => {
  const sync = started();
  sync.update(at(1), tableRecord);
  sync.flush(at(1));
  t.strictSame(sent(sync), [goldenText]);
  sync.flush(at(1));
  t.strictSame(sent(sync), [], 'nothing is sent for nothing');
  t.end();
});

test('version 0 is sent where it is configured', (t) => {
  const sync = started({ version: 0 });
  const entry = { ...tableRecord, clientPort: 0x8ecc, real: address('10.0.0.21') };
  sync.update(at(1), entry);
  sync.flush(at(1));
  t.strictSame(sent(sync), [golden.version0.replaceAll(/\s/g, '')]);
  t.end();
});

test('a full message leaves at once, and the next begins its own wait', (t) => {
  const sync = started({ maxLength: 1472 });
  for (let count = 1; count <= 40; count += 1) t.equal(sync.update(at(1), tableRecord), 1);
  t.strictSame(drain(sync), [], 'forty fit');
  t.equal(sync.update(at(1.005), tableRecord), 2);
  t.equal(sent(sync)[0]?.length, 2 * 1448);
  t.equal(sync.deadline, at(1.025));
  t.end();
});

test('what the format cannot say is counted and not sent', (t) => {
  const sync = started();
  const local = { address: address('10.0.0.1'), port: 1024 };
  t.equal(sync.update(at(1), { ...tableRecord, method: 'FullNat', local }), 0);
  sync.update(at(1), { ...tableRecord, state: 3 });
  sync.update(at(1), { ...tableRecord, state: 3 });
  sync.remove(at(1));
  t.equal(sync.deadline, Never);
  t.strictSame(sync.snapshot().unsaid, { 'full-nat': 1, state: 2, removal: 1 });
  t.end();
});

test('a record of a peer is applied in its name', (t) => {
  const sync = started();
  sync.handleDatagram(at(1), goldenBytes, peer);
  t.match(drain(sync), [{ kind: 'apply', from: '10.3.0.2', bulk: false, record: { state: 1 } }]);
  const snapshot = sync.snapshot();
  t.match(snapshot.received, { datagrams: 1, records: 1 });
  t.match(snapshot.peers, [{ node: '10.3.0.2', address: '10.3.0.2', lastHeard: at(1) }]);
  t.strictSame(snapshot.rejected, {});
  t.end();
});

test('both versions are understood, whichever is sent', (t) => {
  const sync = started({ version: 0 });
  sync.handleDatagram(at(1), goldenBytes, peer);
  sync.handleDatagram(at(1), bytesOf(golden.version0), peer);
  t.equal(drain(sync).length, 2);
  t.end();
});

test('one bad record does not keep the others of its message from being applied', (t) => {
  const sync = started();
  const bad = { ...wireRecord, protocol: 47 };
  const records = [wireRecord, bad, { ...wireRecord, clientPort: 1 }];
  sync.handleDatagram(at(1), writeIpvsMessage({ version: 1, syncId: 7, records }), peer);
  t.match(drain(sync), [{ record: { clientPort: 42136 } }, { record: { clientPort: 1 } }]);
  t.strictSame(sync.snapshot().rejected, { 'unknown-protocol': 1 });
  t.end();
});

test('a message of another sync id is ignored, but a node of id 0 takes all', (t) => {
  const other = started({ syncId: 8 });
  other.handleDatagram(at(1), goldenBytes, peer);
  t.strictSame(drain(other), []);
  t.strictSame(other.snapshot().rejected, { 'other-sync-id': 1 });
  t.strictSame(other.snapshot().peers, [], 'nor does it make a peer');
  const any = started({ syncId: 0 });
  any.handleDatagram(at(1), goldenBytes, peer);
  t.equal(drain(any).length, 1);
  t.end();
});

test('what comes from our own address is our own, come back', (t) => {
  const sync = started();
  sync.handleDatagram(at(1), goldenBytes, config.address);
  t.strictSame(drain(sync), []);
  t.strictSame(sync.snapshot().rejected, { 'own-datagram': 1 });
  t.end();
});

test('before the start and after the end nothing is taken', (t) => {
  const sync = new IpvsSync(config);
  sync.handleDatagram(at(0), goldenBytes, peer);
  sync.start(at(0));
  sync.stop(at(1));
  drain(sync);
  sync.handleDatagram(at(2), goldenBytes, peer);
  t.strictSame(drain(sync), []);
  t.strictSame(sync.snapshot().rejected, { 'not-running': 2 });
  t.end();
});

test('the end sends what waits', (t) => {
  const sync = started();
  sync.update(at(1), tableRecord);
  sync.stop(at(1));
  t.strictSame(sent(sync), [goldenText]);
  t.equal(sync.deadline, Never);
  t.end();
});

test('there is room for a number of peers, and a silent one gives its place to another', (t) => {
  const sync = started();
  const peers = Array.from({ length: mostIpvsPeers + 1 }, (_, index) =>
    address(`10.3.1.${index + 1}`),
  );
  for (const source of peers) sync.handleDatagram(at(1), goldenBytes, source);
  t.equal(drain(sync).length, mostIpvsPeers);
  t.strictSame(sync.snapshot().rejected, { 'too-many-peers': 1 });
  for (const source of peers.slice(1, -1)) sync.handleDatagram(at(11), goldenBytes, source);
  drain(sync);
  const last = peers.at(-1) ?? peer;
  sync.handleDatagram(at(11.5), goldenBytes, last);
  t.equal(drain(sync).length, 1);
  t.notOk(sync.snapshot().peers.some(({ address: known }) => known === peers[0]));
  t.end();
});

test('nobody acknowledges, so nobody is waited for', (t) => {
  const sync = started();
  sync.handleDatagram(at(1), goldenBytes, peer);
  t.equal(sync.peersAlive, 0);
  t.end();
});
