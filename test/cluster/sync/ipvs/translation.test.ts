import { readdirSync, readFileSync } from 'node:fs';

import { test } from 'tap';

import type { IpvsRecord } from '../../../../cluster/sync/ipvs/message.js';
import { readIpvsMessage } from '../../../../cluster/sync/ipvs/reader.js';
import {
  fromIpvs,
  toIpvs,
  type IpvsRecordReject,
  type ReceiverDefaults,
} from '../../../../cluster/sync/ipvs/translation.js';
import type { SyncRecord } from '../../../../cluster/sync/record.js';
import { seconds } from '../../../../director/base/time.js';
import { readFrame } from '../../../../scripts/oracle/frame.js';
import { readPcap } from '../../../../scripts/oracle/pcap.js';
import { syncMessages } from '../../../../scripts/oracle/sync-messages.js';
import { address } from '../toy-table.js';
import { tableRecord, wireRecord } from './records.js';

const defaults: ReceiverDefaults = {
  threshold: 3,
  timeoutOf: (protocol, state) => seconds(protocol === 'UDP' ? 300 : 1_000 + state),
};

const told = (change: Partial<SyncRecord>): IpvsRecord => {
  const record = toIpvs({ ...tableRecord, ...change }, 1);
  if (typeof record === 'string') throw new Error(`unsaid: ${record}`);
  return record;
};

test('an established connection is told as a kernel tells it', (t) => {
  t.strictSame(told({}), wireRecord);
  t.end();
});

/** What a Linux 6.1 kernel was seen to send. */
const goldenFlags: readonly [string, Partial<SyncRecord>, number][] = [
  ['Route, ESTABLISHED', {}, 0x83],
  ['Route, FIN_WAIT', { state: 4 }, 0x183],
  ['Route, CLOSE', { state: 6 }, 0x183],
  ['Route, UDP', { protocol: 'UDP', state: 11 }, 0x183],
  ['Masq, ESTABLISHED', { method: 'Masq' }, 0],
  ['Masq, CLOSE_WAIT', { method: 'Masq', state: 7 }, 0x100],
  ['Masq, UDP', { method: 'Masq', protocol: 'UDP', state: 11 }, 0x100],
  ['Tunnel, ESTABLISHED', { method: 'Tunnel' }, 0x82],
  ['Tunnel, UDP', { method: 'Tunnel', protocol: 'UDP', state: 11 }, 0x182],
  ['Local, ESTABLISHED', { method: 'Local' }, 0x81],
  ['Route, template', { isTemplate: true, clientPort: 0, state: 1 }, 0x1183],
  ['Masq, template of a mark', { isTemplate: true, protocol: 'IP', method: 'Masq' }, 0x1100],
  ['Masq, SCTP ESTABLISHED', { protocol: 'SCTP', method: 'Masq', state: 8 }, 0],
  ['Masq, SCTP CLOSED', { protocol: 'SCTP', method: 'Masq', state: 13 }, 0x100],
];

for (const [description, change, flags] of goldenFlags) {
  test(`${description} has the flags 0x${flags.toString(16)}`, (t) => {
    t.equal(told(change).flags, flags);
    t.end();
  });
}

test('UDP has its one state, number 11 with us and number 0 in the message', (t) => {
  const record = told({ protocol: 'UDP', state: 11 });
  t.equal(record.state, 0);
  t.match(fromIpvs(record, defaults), { protocol: 'UDP', state: 11 });
  t.end();
});

const statesTold = (protocol: 'TCP' | 'SCTP'): number[] =>
  Array.from({ length: 14 }, (_, state) => state).filter(
    (state) => typeof toIpvs({ ...tableRecord, protocol, state }, 1) !== 'string',
  );

test('only the states that a kernel tells are told', (t) => {
  t.strictSame(statesTold('TCP'), [1, 4, 5, 6, 7]);
  t.strictSame(statesTold('SCTP'), [8, 9, 10, 11, 13]);
  t.equal(toIpvs({ ...tableRecord, state: 3 }, 1), 'state', 'SYN_RECV is not');
  t.end();
});

test('what the format cannot say is not said', (t) => {
  const local = { address: address('10.0.0.1'), port: 1024 };
  t.equal(toIpvs({ ...tableRecord, method: 'FullNat', local }, 1), 'full-nat');
  t.equal(toIpvs({ ...tableRecord, method: 'FullNat', isTemplate: true }, 1), 'full-nat');
  const ipv6 = {
    ...tableRecord,
    client: address('fd00::2'),
    virtual: address('fd00::100'),
    real: address('fd00::22'),
  };
  t.equal(toIpvs(ipv6, 0), 'ipv6');
  t.not(toIpvs(ipv6, 1), 'ipv6');
  t.end();
});

test('a mark and the whole timeout are told; what is left of the timeout is not', (t) => {
  const record = told({ firewallMark: 33, timeout: seconds(120), remaining: seconds(7) });
  t.match(record, { firewallMark: 33, timeout: 120 });
  t.equal(told({ timeout: seconds(0) }).timeout, 1, 'zero would mean something else');
  t.end();
});

test('a record becomes an entry that has had as many packets as the threshold', (t) => {
  t.strictSame(fromIpvs(wireRecord, defaults), { ...tableRecord, flags: 0x83, packets: 3 });
  t.end();
});

test('a record without a timeout gets this node’s own; a template three minutes', (t) => {
  t.match(fromIpvs({ ...wireRecord, timeout: 0, state: 4 }, defaults), {
    timeout: seconds(1_004),
    remaining: seconds(1_004),
  });
  const template = { ...wireRecord, flags: 0x1183, timeout: 0 };
  t.match(fromIpvs(template, defaults), { isTemplate: true, timeout: seconds(180) });
  t.match(fromIpvs({ ...template, timeout: 60 }, defaults), { timeout: seconds(60) });
  t.end();
});

test('a timeout that cannot be configured anywhere is cut', (t) => {
  const record = fromIpvs({ ...wireRecord, timeout: 0xffff_ffff }, defaults);
  t.match(record, { timeout: seconds(2_678_400) });
  t.end();
});

test('flags that are the sender’s own affair are dropped', (t) => {
  const record = fromIpvs({ ...wireRecord, flags: 0xffff_c7ff & ~0x7007 }, defaults);
  t.equal(typeof record === 'string' ? record : record.flags, 0x780);
  t.end();
});

const data = new Uint8Array(24);
const rejections: readonly [string, Partial<IpvsRecord>, IpvsRecordReject | undefined][] = [
  ['of GRE', { protocol: 47 }, 'unknown-protocol'],
  ['of protocol 0 that is no template', { protocol: 0 }, 'unknown-protocol'],
  ['of protocol 0 that is a template', { protocol: 0, flags: 0x1183 }, undefined],
  ['of TCP in state 10', { state: 10 }, undefined],
  ['of TCP in state 11', { state: 11 }, 'bad-state'],
  ['of UDP in state 0', { protocol: 17, state: 0 }, undefined],
  ['of UDP in state 1', { protocol: 17 }, 'bad-state'],
  ['of SCTP in state 13', { protocol: 132, state: 13 }, undefined],
  ['of SCTP in state 14', { protocol: 132, state: 14 }, 'bad-state'],
  ['of a template in state 1', { flags: 0x1183, state: 1 }, undefined],
  ['of a template in state 2', { flags: 0x1183, state: 2 }, 'bad-state'],
  ['of cache bypass', { flags: 0x4 }, 'bad-method'],
  ['of a method to come', { flags: 0x7 }, 'bad-method'],
  ['of one-packet scheduling', { flags: 0x2083 }, 'bad-flags'],
  ['of a template without a client port', { flags: 0x1883 }, 'bad-flags'],
  ['of a connection without a client port', { flags: 0x883 }, 'no-client-port'],
  ['with shifted sequences', { flags: 0x683, options: [{ type: 1, data }] }, undefined],
  ['with the data of an engine', { options: [{ type: 2, data }] }, 'persistence-engine'],
  ['with the name of an engine', { options: [{ type: 0x43, data }] }, 'persistence-engine'],
  ['with an unknown option', { options: [{ type: 9, data }] }, 'unknown-option'],
  ['with an unknown option that is optional', { options: [{ type: 0x49, data }] }, undefined],
];

for (const [description, change, reason] of rejections) {
  test(`a record ${description} is ${reason === undefined ? 'taken' : `rejected: ${reason}`}`, (t) => {
    const record = fromIpvs({ ...wireRecord, ...change }, defaults);
    t.equal(typeof record === 'string' ? record : undefined, reason);
    t.end();
  });
}

/** Tests run from dist/test. */
const fixtures = new URL('../../../../../test/fixtures/', import.meta.url).pathname;

for (const folder of ['sync', 'sync-ipvs']) {
  test(`what a kernel tells in ${folder} is told again in the same words`, (t) => {
    let records = 0;
    const names = readdirSync(fixtures + folder).filter((name) => /(sync|v0)\.pcap$/.test(name));
    for (const name of names) {
      const capture = readPcap(name, readFileSync(`${fixtures}${folder}/${name}`));
      for (const frame of capture.frames) {
        const packet = readFrame(frame);
        const bytes = packet && syncMessages.find(packet);
        if (bytes === undefined) continue;
        const message = readIpvsMessage(bytes);
        if (typeof message === 'string') {
          t.fail(`${name}: ${message}`);
          continue;
        }
        for (const record of message.records) {
          const entry = fromIpvs(record, defaults);
          const again = typeof entry === 'string' ? entry : toIpvs(entry, message.version);
          t.strictSame(again, record, `${name}, frame ${frame.number}`);
          records += 1;
        }
      }
    }
    t.ok(records > 20, `${records} records`);
    t.end();
  });
}
