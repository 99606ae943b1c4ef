import { test } from 'tap';

import { BenchDirector } from './bench-director.js';
import { Ipv6Hosts, Mac } from './hosts.js';
import { fromClient, sentTo, withoutIdentification } from './packet-case.js';

const echo = { from: '10.1.0.2', to: '10.1.0.100', icmp: { type: 8 } };
const mtu = { clients: 1_000 };
/** Identifier and sequence number, then so much data that the packet has this length. */
const payload = (length: number): string => `0x12340001${'5a'.repeat(length - 28)}`;

test('a ping of a length that the link carries is answered by one packet', (t) => {
  const bench = new BenchDirector({ mtu });
  const ping = { ...echo, payload: payload(1_000) };
  t.equal(bench.receive('clients', fromClient(ping)), 'answer');
  const reply = { ...ping, from: echo.to, to: echo.from, icmp: { type: 0 } };
  t.strictSame(bench.takeSent(), [sentTo('clients', Mac.client, reply)]);
  t.end();
});

test('the answer to a longer one leaves in fragments, even if the ping could not be cut', (t) => {
  for (const dontFragment of [true, false]) {
    const bench = new BenchDirector({ mtu });
    const ping = { ...echo, dontFragment, payload: payload(1_001) };
    t.equal(bench.receive('clients', fromClient(ping)), 'answer');
    const sent = bench.takeSent();
    const back = { from: echo.to, to: echo.from };
    const whole = sentTo('clients', Mac.client, {
      ...back,
      icmp: { type: 0 },
      payload: ping.payload,
    });
    const data = Buffer.from(whole.frame.subarray(34));
    const part = (offset: number, more: boolean) =>
      sentTo('clients', Mac.client, {
        ...back,
        protocol: 1,
        fragment: { offset, more },
        payload: `0x${data.subarray(offset, offset + 976).toString('hex')}`,
      });
    t.strictSame(sent.map(withoutIdentification), [part(0, true), part(976, false)]);
    const [one, two] = sent.map(({ frame }) => Buffer.from(frame).readUInt16BE(18));
    t.equal(one, two, 'of one datagram');
  }
  t.end();
});

test('IPv6: a longer ping than the link carries is not answered', (t) => {
  const bench = new BenchDirector({ mtu: { clients: 1_300 } });
  const ping = { from: Ipv6Hosts.client, to: Ipv6Hosts.masqVip, icmp: { type: 128 } };
  const long = (length: number) => fromClient({ ...ping, payload: payload(length - 20) });
  t.equal(bench.receive('clients', long(1_300)), 'answer');
  t.equal(bench.takeSent().length, 1);
  t.equal(bench.receive('clients', long(1_301)), 'drop: too-big');
  t.strictSame(bench.takeSent(), []);
  t.end();
});

test('a link too small for any fragment carries no answer', (t) => {
  const bench = new BenchDirector({ mtu: { clients: 27 } });
  t.equal(bench.receive('clients', fromClient({ ...echo, payload: payload(60) })), 'drop: too-big');
  t.strictSame(bench.takeSent(), []);
  t.end();
});
