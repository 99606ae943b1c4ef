import { test } from 'tap';

import type { IpvsadmCommand } from '../../../cluster/ipvsadm/command.js';
import type { ConnectionListing, ServiceListing } from '../../../cluster/ipvsadm/listing.js';
import { parseIpvsadm } from '../../../cluster/ipvsadm/parse.js';
import { noPortNames, readPortNames } from '../../../cluster/ipvsadm/port-names.js';
import { renderConnections, renderTimeouts } from '../../../cluster/ipvsadm/render-connections.js';
import { renderRules, type Rules } from '../../../cluster/ipvsadm/render-rules.js';
import { renderService, renderServices } from '../../../cluster/ipvsadm/render-services.js';
import { largeNumber } from '../../../cluster/ipvsadm/render-text.js';
import { ip } from '../../base/values.js';
import { recordedServices } from './recorded-services.js';
import { recordedOutput } from './recording.js';

const names = readPortNames(
  ['http 80/tcp www', 'https 443/tcp', 'http-alt 8080/tcp', 'domain 53/udp', 'syslog 514/udp']
    .concat('# a comment', '')
    .join('\n'),
);

/** Lists the recorded table as a command line asks for it. */
function listed(args: string, services = recordedServices): string {
  const parsed = parseIpvsadm(args.split(' '), names);
  const command: IpvsadmCommand | undefined = 'command' in parsed ? parsed.command : undefined;
  if (command?.kind !== 'list') throw new Error(`${args} lists no services`);
  const { format, service } = command;
  const style = { format, names };
  if (service === undefined) return renderServices(services, 4096, style);
  const found = services.find((each) => JSON.stringify(each.service) === JSON.stringify(service));
  if (found === undefined) throw new Error('the service is not in the recording');
  return renderService(found, style);
}

const listings = [
  '-Ln',
  '-Ln --stats',
  '-Ln --stats --exact',
  '-Ln --rate',
  '-Ln --thresholds',
  '-Ln --persistent-conn',
  '-Ln --tun-info',
  '-Ln -t 10.0.0.100:80',
  '-L',
];

for (const args of listings) {
  test(`ipvsadm ${args} is written as the real one writes it`, async (t) => {
    t.equal(listed(args), recordedOutput(args));
  });
}

const template: ConnectionListing = {
  protocol: 'tcp',
  expires: 588.9,
  state: 'ASSURED',
  client: ip('10.0.0.0'),
  clientPort: 0,
  virtual: ip('10.0.0.100'),
  virtualPort: 443,
  real: ip('10.0.0.21'),
  realPort: 443,
  mark: 0,
  owner: 'd1',
};
const connections: readonly ConnectionListing[] = [
  {
    ...template,
    expires: 81,
    state: 'FIN_WAIT',
    client: ip('10.0.0.2'),
    clientPort: 42136,
    virtualPort: 80,
    real: ip('10.0.0.22'),
    realPort: 80,
  },
  template,
  { ...template, expires: 111, state: 'FIN_WAIT', client: ip('10.0.0.2'), clientPort: 53836 },
  {
    protocol: 'tcp',
    expires: 119,
    state: 'FIN_WAIT',
    client: ip('fd00::2'),
    clientPort: 33802,
    virtual: ip('fd00::100'),
    virtualPort: 80,
    real: ip('fd00::21'),
    realPort: 80,
    mark: 0,
    owner: 'd2',
  },
  {
    ...template,
    protocol: 'udp',
    expires: 285,
    state: 'UDP',
    client: ip('10.0.0.2'),
    clientPort: 58470,
    virtualPort: 53,
    realPort: 53,
  },
  {
    ...template,
    expires: 88,
    state: 'FIN_WAIT',
    client: ip('10.0.0.2'),
    clientPort: 58692,
    virtualPort: 80,
    realPort: 80,
  },
];

test('connections are written as the real ipvsadm writes them', async (t) => {
  const style = { isNumeric: true, withEngine: false, withOwner: false, names };
  t.equal(renderConnections(connections, style), recordedOutput('-Lnc'));
  const head = recordedOutput('-Lnc --persistent-conn').split('\n')[1];
  const wide = renderConnections([], { ...style, withEngine: true });
  t.equal(wide, `IPVS connection entries\n${head ?? ''}\n`);
});

test('a firewall mark has its template under IP, as an address', async (t) => {
  const [line] = renderConnections(
    [{ ...template, protocol: 'ip', expires: 86, virtual: ip('0.0.0.33'), virtualPort: 0 }],
    { isNumeric: false, withEngine: false, withOwner: false, names },
  )
    .split('\n')
    .slice(2);
  // From tcp46-persistent of the same kernel, but for the addresses.
  t.equal(line, 'IP  01:26  ASSURED     10.0.0.0:0         0.0.0.33:0         10.0.0.21:443');
});

test('timeouts are written as the real ipvsadm writes them', async (t) => {
  t.equal(renderTimeouts({ tcp: 900, tcpFin: 120, udp: 300 }), recordedOutput('-L --timeout'));
});

const kernelTimeouts = { tcp: 900, tcpFin: 120, udp: 300 };
const plainRules = { timeouts: kernelTimeouts, daemons: [] };
const saved = (services: readonly ServiceListing[], rules: Partial<Rules> = {}): string =>
  renderRules({ ...plainRules, services, ...rules }, true, noPortNames);

test('saved rules are those of the real ipvsadm, and thresholds, which it forgets', async (t) => {
  const rules = saved(recordedServices);
  t.equal(rules.replace(' -x 100 -y 50', ''), recordedOutput('-S -n'));
  t.match(rules, /-r 10\.0\.0\.22:80 -g -w 3 -x 100 -y 50\n/);
});

test('saved rules begin with timeouts that are not the defaults', async (t) => {
  const rules = saved([], { timeouts: { ...kernelTimeouts, tcp: 7200 } });
  t.equal(rules, '--set 7200 120 300\n');
});

test('every saved rule is a command line that is read back as what it was', async (t) => {
  const rules = renderRules({ ...plainRules, services: recordedServices }, false, names);
  for (const rule of rules.trimEnd().split('\n')) {
    t.ok('command' in parseIpvsadm(rule.split(' '), names), rule);
  }
});

test('tunnels and FullNat have their ways of being written', async (t) => {
  const [first] = recordedServices;
  const [server] = first?.servers ?? [];
  if (first === undefined || server === undefined) throw new Error('the recording is not empty');
  const services: ServiceListing[] = [
    {
      ...first,
      service: { kind: 'mark', mark: 7, family: 6 },
      persistence: { timeout: 60, prefixLength: 64 },
      servers: [
        { ...server, port: 1, method: 'FullNat' },
        { ...server, port: 2, method: 'Tunnel' },
        { ...server, port: 3, method: 'Tunnel', tunnel: { ...server.tunnel, type: 'gre' } },
        {
          ...server,
          port: 4,
          method: 'Tunnel',
          tunnel: { type: 'gue', port: 6080, checksum: 'remote' },
        },
      ],
    },
  ];
  t.strictSame(saved(services).split('\n'), [
    '-A -f 7 -6 -s wrr -p 60 -M 64',
    '-a -f 7 -6 -r 10.0.0.21:1 --fullnat -w 1',
    '-a -f 7 -6 -r 10.0.0.21:2 -i -w 1 --tun-type ipip',
    '-a -f 7 -6 -r 10.0.0.21:3 -i -w 1 --tun-type gre --tun-nocsum',
    '-a -f 7 -6 -r 10.0.0.21:4 -i -w 1 --tun-type gue --tun-port 6080 --tun-remcsum',
    '',
  ]);
  t.strictSame(listed('-Ln --tun-info', services).split('\n').slice(3), [
    'FWM  7 IPv6 wrr persistent 60 mask 64',
    '  -> 10.0.0.21:1                  FullNat n/a           1      0          0         ',
    '  -> 10.0.0.21:2                  Tunnel  ipip          1      0          0         ',
    '  -> 10.0.0.21:3                  Tunnel  gre:-c        1      0          0         ',
    '  -> 10.0.0.21:4                  Tunnel  gue:6080:r+c  1      0          0         ',
    '',
  ]);
});

test('without sorting services stay in the order of the table', async (t) => {
  t.match(listed('-Ln --nosort').split('\n')[3], /^FWM/);
});

test('large numbers are shortened in steps, or exact', async (t) => {
  const cases: readonly (readonly [number, string])[] = [
    [99_999_999, ' 99999999'],
    [100_000_000, '  100000K'],
    [999_999_999, '  999999K'],
    [1_000_000_000, '    1000M'],
    [99_999_999_999, '   99999M'],
    [100_000_000_000, '     100G'],
    [100_000_000_000_000, '     100T'],
  ];
  for (const [value, text] of cases) t.equal(largeNumber(value, false), text);
  t.equal(largeNumber(7, true), '        7');
  t.equal(largeNumber(123_456_789_012, true), ' 123456789012');
});
