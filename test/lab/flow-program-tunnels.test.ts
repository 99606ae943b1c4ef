import { Wrapping } from '../../director/core/flow-layout.js';
import { pathOf, type PathSpec } from '../core/flows.js';
import { buildFrame, type FrameSpec } from '../packets/packet-builder.js';
import {
  ethernet,
  hex,
  leaving,
  leavingMacs,
  protocolOf,
  Slot,
  testHooks,
} from './loaded-program.js';

/*
 * The flow program over single packets that leave in others: how it wraps them, and that what it cannot wrap goes up.
 */

/** A packet, by its family: what the tunnel's headers call it, and what a link of 1500 bytes has room for in the longest of them. */
const Insides = {
  IPv4: { from: '10.1.0.2:40000', to: '10.1.0.100:80', protocol: 4, type: '0800' },
  IPv6: { from: '[fd01::1:2:3:2]:40000', to: '[fd01::100]:80', protocol: 41, type: '86dd' },
} as const;

const Outsides = {
  IPv4: { from: '10.2.0.11', to: '10.2.0.23' },
  IPv6: { from: 'fd02::7:0:b', to: 'fd02:9::17' },
} as const;

const Pairs = [
  ['IPv4', 'IPv4'],
  ['IPv4', 'IPv6'],
  ['IPv6', 'IPv6'],
] as const;

const Types = ['ipip', 'gre', 'gue'] as const;
const GuePorts = { source: 40_123, destination: 6_080 } as const;

const at = (address: string, port: number): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;

/** What stands between the IP headers, and how a packet is built that has it. */
function tunnelOf(
  type: (typeof Types)[number],
  outside: keyof typeof Outsides,
  { protocol, type: etherType }: (typeof Insides)[keyof typeof Insides],
): { readonly spec: FrameSpec; readonly shim: string } {
  const ends = Outsides[outside];
  if (type === 'ipip') return { spec: { ...ends, protocol }, shim: '' };
  if (type === 'gre') return { spec: { ...ends, protocol: 47 }, shim: `0000${etherType}` };
  const from = at(ends.from, GuePorts.source);
  const to = at(ends.to, GuePorts.destination);
  const shim = `00${protocol.toString(16).padStart(2, '0')}0000`;
  return { spec: { from, to, udp: { hasChecksum: false } }, shim };
}

for (const [inside, outside] of Pairs) {
  const { from, to } = Insides[inside];
  const segment = { ethernet, from, to, tcp: 'PA', payload: 'GET / HTTP/1.1', dontFragment: true };
  const datagram = { ethernet, from, to, udp: {}, payload: 'who is there', dontFragment: true };
  const wrappable: Readonly<Record<string, FrameSpec>> = {
    'a segment': { ...segment, tos: 0x2d },
    'a segment with a used up hop limit but one': { ...segment, ttl: 2 },
    'a segment with padding': { ...segment, tcp: 'A', payload: '', padding: 6 },
    'a segment that leaves no room': { ...segment, payload: 'x'.repeat(1_380) },
    'the shortest datagram': { ...datagram, payload: '' },
  };

  for (const type of Types) {
    const way: PathSpec = {
      ...leavingMacs,
      from,
      to,
      leavesFrom: at(Outsides[outside].from, GuePorts.source),
      leavesTo: at(Outsides[outside].to, GuePorts.destination),
      wrapping: Wrapping[type],
    };
    const { spec: outer, shim } = tunnelOf(type, outside, Insides[inside]);

    for (const [name, spec] of Object.entries(wrappable)) {
      const title = `${name} of ${inside} is wrapped by ${type} over ${outside}, counted and sent on`;
      testHooks(title, (t, program) => {
        const frame = buildFrame(spec);
        const length = frame.length - 14 - (spec.padding ?? 0);
        program.show(pathOf({ ...way, protocol: protocolOf(spec), mtu: length }));
        const ttl = (spec.ttl ?? 64) - 1;
        const within = buildFrame({ ...spec, ttl, padding: 0 }).subarray(14);
        const expected = buildFrame({
          ...outer,
          ethernet: leaving,
          ttl,
          tos: spec.tos ?? 0,
          dontFragment: true,
          identification: 0,
          payload: `0x${shim}${hex(within)}`,
        });
        t.strictSame(program.run(frame), { isCarried: true, frame: hex(expected) });
        t.equal(program.table.packets(Slot), 1);
        t.equal(program.table.bytes(Slot), length);
      });
    }

    testHooks(`${inside} in ${type} over ${outside}: what is too long goes up`, (t, program) => {
      program.show(pathOf({ ...way, mtu: 100 }));
      const room = 100 - (inside === 'IPv4' ? 40 : 60);
      t.ok(program.run(buildFrame({ ...segment, payload: 'x'.repeat(room) })).isCarried);
      t.notOk(program.run(buildFrame({ ...segment, payload: 'x'.repeat(room + 1) })).isCarried);
    });

    if (inside === 'IPv6') continue;
    testHooks(`${type} over ${outside}: what may be cut needs a number in IPv4`, (t, program) => {
      program.show(pathOf(way));
      const frame = buildFrame({ ...segment, dontFragment: false, padding: 8 });
      t.equal(program.run(frame).isCarried, outside === 'IPv6');
    });
  }
}

testHooks('IPv6 is not wrapped into IPv4', (t, program) => {
  const { from, to } = Insides.IPv6;
  const ends = { leavesFrom: '10.2.0.11:1', leavesTo: '10.2.0.23:2' };
  program.show(pathOf({ ...leavingMacs, from, to, ...ends, wrapping: Wrapping.ipip }));
  t.notOk(program.run(buildFrame({ ethernet, from, to, tcp: 'A' })).isCarried);
});
