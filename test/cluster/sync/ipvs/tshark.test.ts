import { test } from 'tap';

import { IpvsSync } from '../../../../cluster/sync/ipvs/ipvs-sync.js';
import type { SyncRecord } from '../../../../cluster/sync/record.js';
import { milliseconds, seconds } from '../../../../director/base/time.js';
import { at } from '../../../base/values.js';
import { address } from '../toy-table.js';
import { tableRecord } from './records.js';
import { dissect } from './tshark.js';

/** The datagrams in which a director tells these entries. */
function datagrams(version: 0 | 1, entries: readonly SyncRecord[]): Uint8Array[] {
  const sync = new IpvsSync({
    version,
    syncId: 7,
    maxLength: 1472,
    flushBound: milliseconds(20),
    threshold: 3,
    address: address('10.3.0.1'),
    timeoutOf: () => seconds(900),
  });
  sync.start(at(0));
  for (const entry of entries) sync.update(at(1), entry);
  sync.flush(at(1));
  return sync.effects.flatMap((effect) => (effect.kind === 'send' ? [effect.bytes] : []));
}

const ipv6: SyncRecord = {
  ...tableRecord,
  client: address('fd00::2'),
  virtual: address('fd00::100'),
  real: address('fd00::22'),
};

const fields = [
  'ipvs.conncount',
  'ipvs.syncid',
  'ipvs.size',
  'ipvs.type',
  'ipvs.proto',
  'ipvs.ver',
  'ipvs.size.v1',
  'ipvs.flags.v1',
  'ipvs.state',
  'ipvs.cport',
  'ipvs.vport',
  'ipvs.dport',
  'ipvs.fwmark',
  'ipvs.timeout',
  'ipvs.caddr',
  'ipvs.vaddr',
  'ipvs.daddr',
  'ipvs.caddr6',
  'ipvs.vaddr6',
  'ipvs.daddr6',
];

test('tshark reads in our version 1 messages what we have put in', (t) => {
  const udp: SyncRecord = {
    ...tableRecord,
    protocol: 'UDP',
    state: 11,
    method: 'Masq',
    clientPort: 5353,
    virtualPort: 53,
    realPort: 5300,
    firewallMark: 33,
    timeout: seconds(300),
  };
  const [message, ...others] = dissect(
    datagrams(1, [tableRecord, udp, { ...tableRecord, state: 4, timeout: seconds(120) }]),
    fields,
  );
  t.strictSame(others, []);
  t.strictSame(message, {
    'ipvs.conncount': ['3'],
    'ipvs.syncid': ['7'],
    'ipvs.size': ['116'],
    'ipvs.type': ['0', '0', '0'],
    'ipvs.proto': ['0x06', '0x11', '0x06'],
    'ipvs.ver': ['0', '0', '0'],
    'ipvs.size.v1': ['36', '36', '36'],
    'ipvs.flags.v1': ['0x00000083', '0x00000100', '0x00000183'],
    'ipvs.state': ['0x0001', '0x0000', '0x0004'],
    'ipvs.cport': ['42136', '5353', '42136'],
    'ipvs.vport': ['80', '53', '80'],
    'ipvs.dport': ['80', '5300', '80'],
    'ipvs.fwmark': ['0x00000000', '0x00000021', '0x00000000'],
    'ipvs.timeout': ['900', '300', '120'],
    'ipvs.caddr': ['10.0.0.2', '10.0.0.2', '10.0.0.2'],
    'ipvs.vaddr': ['10.0.0.100', '10.0.0.100', '10.0.0.100'],
    'ipvs.daddr': ['10.0.0.22', '10.0.0.22', '10.0.0.22'],
    'ipvs.caddr6': [],
    'ipvs.vaddr6': [],
    'ipvs.daddr6': [],
    '_ws.malformed': [],
    '_ws.expert': [],
  });
  t.end();
});

test('tshark reads both families in one message', (t) => {
  const [message] = dissect(datagrams(1, [ipv6, tableRecord, ipv6]), fields);
  t.match(message, {
    'ipvs.conncount': ['3'],
    'ipvs.type': ['1', '0', '1'],
    'ipvs.size.v1': ['72', '36', '72'],
    'ipvs.caddr6': ['fd00::2', 'fd00::2'],
    'ipvs.vaddr6': ['fd00::100', 'fd00::100'],
    'ipvs.daddr6': ['fd00::22', 'fd00::22'],
    'ipvs.caddr': ['10.0.0.2'],
    '_ws.malformed': [],
    '_ws.expert': [],
  });
  t.end();
});

test('tshark reads every record of full messages', (t) => {
  const entries = Array.from({ length: 100 }, (_, index) => ({
    ...tableRecord,
    clientPort: 1024 + index,
  }));
  const messages = dissect(datagrams(1, entries), ['ipvs.conncount', 'ipvs.cport']);
  t.strictSame(
    messages.map((message) => message['ipvs.conncount']),
    [['40'], ['40'], ['20']],
  );
  t.strictSame(
    messages.flatMap((message) => message['ipvs.cport']),
    entries.map(({ clientPort }) => String(clientPort)),
  );
  for (const message of messages) t.strictSame(message['_ws.malformed'], []);
  t.end();
});

test('tshark reads our version 0 messages', (t) => {
  const [message] = dissect(datagrams(0, [tableRecord, { ...tableRecord, method: 'Masq' }]), [
    'ipvs.conncount',
    'ipvs.syncid',
    'ipvs.size',
    'ipvs.cport',
    'ipvs.flags',
    'ipvs.caddr',
    'ipvs.daddr',
  ]);
  t.strictSame(message, {
    'ipvs.conncount': ['2'],
    'ipvs.syncid': ['7'],
    'ipvs.size': ['52'],
    'ipvs.cport': ['42136', '42136'],
    'ipvs.flags': ['0x0083', '0x0000'],
    'ipvs.caddr': ['10.0.0.2', '10.0.0.2'],
    'ipvs.daddr': ['10.0.0.22', '10.0.0.22'],
    '_ws.malformed': [],
    '_ws.expert': [],
  });
  t.end();
});

test('tshark is a judge that can say no', (t) => {
  const [whole] = datagrams(1, [tableRecord, tableRecord]);
  const cut = whole?.slice(0, 60) ?? new Uint8Array();
  const [message] = dissect([cut], ['ipvs.conncount']);
  t.not(message?.['_ws.malformed']?.length, 0);
  t.end();
});
