import { test } from 'tap';

import {
  parseConnectionListing,
  parseRawConnections,
} from '../../scripts/oracle/connection-listing.js';
import { parseScenarioText } from '../../scripts/oracle/scenario-text.js';
import { scenarioNames } from '../../scripts/oracle/scenario.js';
import { parseServiceListing, serviceName } from '../../scripts/oracle/service-listing.js';
import { RecordingsFolder, recordings } from './recordings.js';

const refuse = (line: string): never => {
  throw new Error(`cannot read ${line}`);
};

/** An address of fd01::/112 as /proc/net/ip_vs_conn prints it. */
const group = (last: string): string => `fd01:0000:0000:0000:0000:0000:0000:${last}`;

test('every word of a service listing is read', (t) => {
  const lines = `IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn
TCP  10.0.0.100:443 sh (sh-fallback,sh-port) persistent 600 mask 255.255.255.0
  -> 10.0.0.21:443                Route   3      2          1         
UDP  10.0.0.100:514 rr ops
SCTP 10.0.0.100:514 wlc persistent 300
TCP  [fd01::100]:80 rr persistent 60 mask 64
  -> [fd02::11]:8080              Masq    1      0          0         
FWM  33 rr persistent 90
FWM  34 IPv6 wrr`.split('\n');
  const services = parseServiceListing(lines, refuse);
  t.strictSame(
    services.map((service) => [
      serviceName(service),
      service.scheduler,
      service.schedulerFlags,
      service.persistence,
      service.isOnePacket,
      service.isIpv6,
      service.servers.length,
    ]),
    [
      [
        'TCP 10.0.0.100:443',
        'sh',
        ['sh-fallback', 'sh-port'],
        { timeout: 600, prefixLength: 24 },
        false,
        false,
        1,
      ],
      ['UDP 10.0.0.100:514', 'rr', [], undefined, true, false, 0],
      ['SCTP 10.0.0.100:514', 'wlc', [], { timeout: 300, prefixLength: 32 }, false, false, 0],
      ['TCP [fd01::100]:80', 'rr', [], { timeout: 60, prefixLength: 64 }, false, true, 1],
      ['FWM 33', 'rr', [], { timeout: 90, prefixLength: 32 }, false, false, 0],
      ['FWM 34 IPv6', 'wrr', [], undefined, false, true, 0],
    ],
  );
  t.strictSame(services[0]?.servers[0], {
    endpoint: { address: '10.0.0.21', port: 443 },
    method: 'Route',
    weight: 3,
    active: 2,
    inactive: 1,
  });
  t.end();
});

test('a line that cannot be read is refused, not skipped', (t) => {
  const refused: string[] = [];
  const note = (line: string): void => void refused.push(line);
  parseServiceListing(['  -> 10.0.0.21:443 Route 1 0 0', 'TCP  nowhere rr'], note);
  parseConnectionListing(['TCP 15 ESTABLISHED 10.1.0.2:1 10.1.0.100:80 10.2.0.11:80'], note);
  parseRawConnections(['TCP 0A010002 9C40 0A010064 0050'], note);
  t.equal(refused.length, 4);
  t.end();
});

test('both forms of a connection table say the same', (t) => {
  const [listed] = parseConnectionListing(
    ['TCP 14:56  ESTABLISHED [fd01::2]:40000    [fd01::100]:80     [fd02::12]:8080'],
    refuse,
  );
  const real = group('0012').replace('fd01', 'fd02');
  const words = `TCP ${group('0002')} 9C40 ${group('0100')} 0050 ${real} 1F90 ESTABLISHED`;
  const [raw] = parseRawConnections([`${words}     896`], refuse);
  const [copied] = parseRawConnections(
    [
      'Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Origin Expires',
      `${words} SYNC 896`,
    ],
    refuse,
  );
  t.strictSame(raw, listed);
  t.strictSame(copied, { ...listed, origin: 'SYNC' });
  t.end();
});

test('a scenario’s text is read mark by mark, and a text without any is refused', (t) => {
  const marks = parseScenarioText(
    'x.txt',
    `### x: first: of two (t=1.50)
--- master (d1) ipvsadm -Ln
UDP  10.0.0.100:53 rr
--- master ipvsadm -Lnc
UDP 04:56  UDP         10.1.0.2:40200     10.0.0.100:53      10.2.0.12:9999
--- daemons
master sync daemon (mcast=e2)
### x: second  (t=12.00)
--- backup /proc/net/ip_vs_conn_sync
`,
  );
  t.strictSame(
    marks.map(({ text, time }) => [text, time]),
    [
      ['first: of two', 1.5],
      ['second', 12],
    ],
  );
  t.equal(marks[0]?.master.services.length, 1);
  t.equal(marks[0]?.master.connections?.[0]?.expires, 296);
  t.equal(marks[1]?.master.connections, undefined, 'what was not recorded is not empty');
  t.strictSame(marks[1]?.backup.connections, []);
  t.throws(() => parseScenarioText('x.txt', 'nothing'), { message: /x\.txt has no meaning/ });
  t.end();
});

test('all recordings can be read, and a folder without any is refused', (t) => {
  const scenarios = recordings();
  t.strictSame(
    scenarios.map(({ name, marks }) => [name, marks.length]),
    [
      ['fwmark4-persistent-nat', 1],
      ['icmp46-nat', 1],
      ['tcp4-dr', 2],
      ['tcp4-nat', 2],
      ['tcp4-nat-syncv0', 1],
      ['tcp4-tun', 1],
      ['tcp46-persistent', 1],
      ['tcp6-dr', 1],
      ['udp46-nat', 1],
    ],
  );
  t.throws(() => scenarioNames(`${RecordingsFolder}/..`), { message: /holds no scenario/ });
  t.throws(() => scenarioNames(`${RecordingsFolder}/nowhere`), { message: /cannot be read/ });
  t.end();
});
