import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';

import { until } from '../../cluster/lab/wait.js';
import { Wrapping } from '../../director/core/flow-layout.js';
import { FlowTable } from '../../director/core/flow-table.js';
import { loadLibc } from '../../director/io/libc.js';
import { EtherProtocol } from '../../director/io/packet-socket.js';
import { RingHub } from '../../director/io/ring-hub.js';
import { RingPort, wholeSight } from '../../director/io/ring-port.js';
import { KernelOffload } from '../../director/offload/kernel-offload.js';
import { Packet, SegmentKind } from '../../director/wire/packet.js';
import { pathOf } from '../core/flows.js';
import { buildFrame } from '../packets/packet-builder.js';

/*
 * Sends whole segments of a flow that leaves by a tunnel, and a super-frame among them, into an interface with the flow program; writes how many
 * the program has carried, and the lengths of the frames that went up. For a network namespace of its own.
 */

const near = { high: 0x0200, low: 1 };
const far = { high: 0x0200, low: 2 };
const [macOfNear, macOfFar] = ['02:00:00:00:00:01', '02:00:00:00:00:02'];
const ip = (...words: readonly string[]): string => execFileSync('ip', words, { encoding: 'utf8' });

ip('link', 'add', 'near', 'address', macOfNear, 'type', 'veth', 'peer', 'name', 'far');
ip('link', 'set', 'far', 'address', macOfFar);
for (const name of ['near', 'far']) {
  writeFileSync(`/proc/sys/net/ipv6/conf/${name}/disable_ipv6`, '1');
  ip('link', 'set', name, 'arp', 'off', 'up');
}

const libc = await loadLibc();
const hub = new RingHub(libc);
const offload = new KernelOffload(libc, 1_024, 'traffic');
const { memory, records, seed, clockOrigin, tickLength } = offload.place;
const interfaceOf = (name: string, mac: typeof near) => {
  return { index: 0, name, mac, mtu: 1_500, addresses: [] };
};
offload.attach(interfaceOf('near', near), libc.if_nametoindex('near'), []);
const table = new FlowTable(memory, records, seed);
table.lease = Math.floor((clockOrigin + performance.now() * 1_000) / tickLength) + 10_000;
const Slot = 2;
table.write(
  Slot,
  pathOf({
    from: '10.1.0.2:40000',
    to: '10.1.0.100:80',
    leavesFrom: '10.2.0.11:0',
    leavesTo: '10.2.0.21:0',
    device: libc.if_nametoindex('near'),
    mtu: 1_480,
    wrapping: Wrapping.ipip,
  }),
);
table.show(Slot);

const wentUp: number[] = [];
const sight = { ...wholeSight([]), protocol: EtherProtocol.ipv4 };
const upper = new RingPort(
  hub,
  interfaceOf('near', near),
  ({ length }) => wentUp.push(length),
  sight,
  { isSender: false },
);
const port = new RingPort(hub, interfaceOf('far', far), () => {}, wholeSight([]), {
  isSender: false,
});

const ends = { source: macOfFar, destination: macOfNear };
const segment = { ethernet: ends, from: '10.1.0.2:40000', to: '10.1.0.100:80', tcp: 'A' };
const packet = new Packet();

/** Sends a frame with so much data, an unfinished checksum, and so much data a segment, if there are several. */
function send(size: number, segmentSize: number): void {
  packet.load(buildFrame({ ...segment, dontFragment: true, payload: 'x'.repeat(size) }));
  packet.checksumFrom = packet.start + 34;
  packet.checksumField = packet.start + 50;
  packet.segmentKind = segmentSize === 0 ? SegmentKind.none : SegmentKind.tcp4;
  packet.segmentSize = segmentSize;
  port.send(packet);
}

send(100, 0);
send(1_200, 600);
send(100, 0);
await until(() => table.packets(Slot) + wentUp.length >= 3 || undefined, {
  timeoutMs: 10_000,
  everyMs: 10,
});
process.stdout.write(`${JSON.stringify({ carried: table.packets(Slot), wentUp })}\n`);
upper.close();
port.close();
process.exit(0);
