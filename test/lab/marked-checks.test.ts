import { fileURLToPath } from 'node:url';

import { test } from 'tap';

import { runToEnd } from '../../cluster/lab/subprocess.js';

const program = fileURLToPath(new URL('marked-checks.js', import.meta.url));

/** What carries the mark and has the right source, by its kind. */
const counted = [
  ['tcp', 'ip saddr 127.0.0.2 tcp dport 7000'],
  ['tcp6', 'ip6 saddr fd00::2 tcp sport 7777 tcp dport 7000'],
  ['udp', 'ip saddr 127.0.0.2 udp dport 7000'],
  ['udp6', 'udp dport 7000 meta nfproto ipv6'],
  ['ping', 'ip saddr 127.0.0.2 icmp type echo-request'],
  ['ping6', 'ip6 saddr fd00::2 icmpv6 type echo-request'],
] as const;

const script = `
  ip link set lo up
  ip -6 address add fd00::1/128 dev lo
  ip -6 address add fd00::2/128 dev lo
  ip link add side0 type veth peer name side1
  ip link set side0 up
  nft -f - <<'END'
table inet marks {
${counted.map(([name]) => `counter of_${name} {}`).join('\n')}
chain output {
type filter hook output priority 0
${counted.map(([name, match]) => `meta mark 7 oifname lo ${match} counter name of_${name}`).join('\n')}
}
}
END
  "$@"
  nft -j list counters
`;

test('fwmark, bind_if and bindto of checkers are those of their packets', async (t) => {
  const argv = ['unshare', '--net', 'sh', '-ec', script, 'sh', process.execPath, program];
  const { status, stdout, stderr } = await runToEnd(argv, { timeoutMs: 30_000 });
  t.equal(status, 0, stderr.slice(-1_000));
  const [findings = '{}', ...rest] = stdout.split('\n');
  t.strictSame(JSON.parse(findings), {
    tcp: 'success',
    tcp6: 'success',
    refused: 'connection refused',
    unreachable: 'network unreachable?',
    missing: 'bindToDevice ENODEV?',
    unbindable: 'the address to bind to is not on this node?',
    elsewhere: 'no connection in time?',
    udp: 'success',
    udp6: 'success',
    ping: 'success',
    ping6: 'success',
    plain: 'success',
  });
  const listing: { readonly nftables: readonly { counter?: { name: string; packets: number } }[] } =
    JSON.parse(rest.join('\n'));
  const packets = new Map(
    listing.nftables.flatMap(({ counter }) =>
      counter === undefined ? [] : [[counter.name, counter.packets]],
    ),
  );
  for (const [name] of counted) {
    const count = packets.get(`of_${name}`) ?? 0;
    t.ok(count > 0, `${count} packets of ${name} have the mark`);
  }
});
