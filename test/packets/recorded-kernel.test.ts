import { test } from 'tap';

import { assert } from '../../director/base/invariant.js';
import { Verdict } from '../../director/core/counters.js';
import { Director } from '../../director/core/director.js';
import { processFrame } from '../../director/core/input.js';
import type { Interface } from '../../director/core/interfaces.js';
import { RoundRobin } from '../../director/core/schedulers/rr.js';
import { addressKey } from '../../director/core/service-table.js';
import { Method, type VirtualService } from '../../director/core/services.js';
import { StateNames } from '../../director/core/states.js';
import { toWords } from '../../director/wire/address-words.js';
import { Family } from '../../director/wire/flow.js';
import { Packet } from '../../director/wire/packet.js';
import { at, ip, prefix } from '../base/values.js';
import { readFrames } from './recordings.js';

/** The director of the recordings: VIP 10.1.0.100 before the real servers .11 and .12, added in this order. */
class RecordedDirector {
  readonly service: VirtualService;
  readonly director: Director;
  readonly #links: readonly Interface[];
  readonly #packet = new Packet();
  readonly #sent: Uint8Array[] = [];

  constructor(spec: {
    protocol: number;
    port: number;
    method: Method;
    servers: readonly string[];
    realPort: number;
  }) {
    const addresses = ['10.1.0.1/24', '10.2.0.1/24'].map(prefix);
    this.#links = addresses.map((address, index) => ({
      index,
      name: `link${index}`,
      mac: { high: 0x0200, low: index },
      mtu: 1_500,
      addresses: [address],
    }));
    const [clients, servers] = this.#links;
    assert(clients !== undefined && servers !== undefined, 'two links');
    this.director = new Director({
      interfaces: this.#links,
      capacity: 64,
      seed: 1,
      output: { send: (_link, packet) => this.#sent.push(packet.copy()) },
    });
    const { services, neighbours } = this.director;
    const { protocol, port, method, realPort } = spec;
    const vip = ip('10.1.0.100');
    this.director.addFloating(vip, clients);
    this.director.setLive(vip, true);
    const key = addressKey(vip, port, protocol);
    const service = this.director.addService(key, vip, new RoundRobin());
    assert(service !== undefined, 'the only service');
    this.service = service;
    for (const address of ['10.1.0.2', ...spec.servers]) {
      const owner = address.startsWith('10.1.') ? clients : servers;
      const neighbour = neighbours.add(owner, Family.ipv4, wordsOf(address), at(0));
      assert(neighbour !== undefined, 'room for a neighbour');
      neighbours.confirm(neighbour, 0x0200, wordsOf(address)[3] ?? 0, at(0));
    }
    for (const address of spec.servers) {
      services.addServer(this.service, { address: ip(address), port: realPort, method, weight: 1 });
    }
  }

  /** The IP packet that the director makes of a recorded one that came in on a link. */
  forward(link: 0 | 1, frame: Uint8Array): string {
    const arrival = this.#links[link];
    assert(arrival !== undefined, 'a link of the two');
    this.#packet.load(frame);
    const { view, start } = this.#packet;
    view.setUint16(start, arrival.mac.high);
    view.setUint32(start + 2, arrival.mac.low);
    const verdict = processFrame(this.director, this.#packet, arrival, at(1));
    const [sent] = this.#sent.splice(0);
    return verdict === Verdict.forward && sent !== undefined
      ? ipPacket(sent)
      : `verdict ${verdict}`;
  }
}

const wordsOf = (address: string): Uint32Array => toWords(ip(address)).words;

const ipPacket = (frame: Uint8Array): string => Buffer.from(frame.subarray(14)).toString('hex');

const isIpv4 = (frame: Uint8Array): boolean => frame[12] === 0x08 && frame[13] === 0x00;

/** True for a packet on its way from the client. */
const isRequest = (frame: Uint8Array): boolean =>
  Buffer.from(frame.subarray(26, 30)).readUInt32BE() === wordsOf('10.1.0.2')[3];

/** The states of the table, by client port. */
function statesOf(director: Director): Record<number, string | undefined> {
  const { connections } = director;
  const states: Record<number, string | undefined> = {};
  for (let index = 0; index < connections.end; index += 1) {
    if (!connections.isInUse(index)) continue;
    states[connections.clientPort(index)] = StateNames[connections.state[index] ?? 0];
  }
  return states;
}

/** Plays both sides of a recording and lists the packets that our director makes differently. */
function replayNat(recorded: RecordedDirector, name: string): { packets: number; wrong: string[] } {
  const clientSide = readFrames(`sync/${name}.client.pcap`).filter(isIpv4);
  const serverSide = readFrames(`sync/${name}.server.pcap`).filter(isIpv4);
  const wrong: string[] = [];
  for (const [index, frame] of clientSide.entries()) {
    const other = serverSide[index];
    if (other === undefined) return { packets: index, wrong: ['one side is shorter'] };
    const [input, output] = isRequest(frame) ? [frame, other] : [other, frame];
    const made = recorded.forward(isRequest(frame) ? 0 : 1, input);
    if (made !== ipPacket(output)) wrong.push(`packet ${index}: ${made}, not ${ipPacket(output)}`);
  }
  return { packets: clientSide.length, wrong };
}

test('every packet of a recorded kernel’s Masq connections leaves us with the same bytes', (t) => {
  const recorded = new RecordedDirector({
    protocol: 6,
    port: 80,
    method: Method.masq,
    servers: ['10.2.0.11', '10.2.0.12'],
    realPort: 8_080,
  });
  const { packets, wrong } = replayNat(recorded, 'tcp4-nat');
  t.equal(packets, 180);
  t.strictSame(wrong, []);
  // tcp4-nat.txt, the table after all have been closed; 40004 was reset and had expired there.
  t.strictSame(statesOf(recorded.director), {
    40000: 'TIME_WAIT',
    40001: 'TIME_WAIT',
    40002: 'TIME_WAIT',
    40003: 'TIME_WAIT',
    40004: 'CLOSE',
    40005: 'TIME_WAIT',
  });
  t.end();
});

test('every datagram of a recorded kernel’s Masq flows leaves us with the same bytes', (t) => {
  const recorded = new RecordedDirector({
    protocol: 17,
    port: 53,
    method: Method.masq,
    servers: ['10.2.0.11', '10.2.0.12'],
    realPort: 5_353,
  });
  const { packets, wrong } = replayNat(recorded, 'udp46-nat');
  t.ok(packets > 0, `${packets} datagrams`);
  t.strictSame(wrong, []);
  t.end();
});

test('every packet of a recorded kernel’s Route connections leaves us with the same bytes', (t) => {
  const recorded = new RecordedDirector({
    protocol: 6,
    port: 80,
    method: Method.route,
    servers: ['10.1.0.11', '10.1.0.12'],
    realPort: 80,
  });
  // One interface: each packet stands in the recording as it came and then as it went.
  const frames = readFrames('sync/tcp4-dr.client.pcap').filter(isIpv4);
  const wrong: string[] = [];
  const waiting: string[] = [];
  for (const frame of frames) {
    const isArrival = frame[22] === 64;
    if (isArrival) waiting.push(recorded.forward(0, frame));
    else if (waiting.shift() !== ipPacket(frame)) wrong.push(ipPacket(frame));
  }
  t.ok(frames.length > 100, `${frames.length} frames`);
  t.strictSame(wrong, []);
  t.strictSame(waiting, [], 'nothing was sent that the kernel did not send');
  t.end();
});
