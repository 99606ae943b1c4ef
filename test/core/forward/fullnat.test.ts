import { test } from 'tap';

import * as fullnat from '../../../director/core/forward/fullnat.js';
import { toWords } from '../../../director/wire/address-words.js';
import { Flow, parseIpv4, parseIpv6, type Parse } from '../../../director/wire/flow.js';
import { Packet } from '../../../director/wire/packet.js';
import type { Endpoint } from '../../../director/wire/rewrite.js';
import { ip } from '../../base/values.js';
import {
  faultOf,
  plainFrame,
  plainIp,
  plainSctp,
  plainTcp,
  plainUdp,
  type Route,
} from '../../wire/plain-packets.js';

const packet = new Packet();
const flow = new Flow();

function load(frame: Uint8Array): Parse {
  packet.load(frame);
  return (frame[14] ?? 0) >> 4 === 6 ? parseIpv6(packet, flow) : parseIpv4(packet, flow);
}

const sent = (): number[] => [...packet.copy().subarray(14)];

/** An end in a column with something before it, as in the connection table. */
function endpoint(address: string, port: number): Endpoint {
  const column = new Uint32Array(8).fill(9);
  column.set(toWords(ip(address)).words, 4);
  return { column, at: 4, port };
}

const wideAddress = (last: number): number[] => [0xfd, 1, ...Array<number>(13).fill(0), last];
const families = [
  {
    route: { source: [10, 1, 0, 2], destination: [10, 1, 0, 100] },
    client: '10.1.0.2',
    virtual: '10.1.0.100',
    local: '10.2.0.1',
    real: '10.2.0.12',
  },
  {
    route: { source: wideAddress(2), destination: wideAddress(100) },
    client: 'fd01::2',
    virtual: 'fd01::64',
    local: 'fd02::1',
    real: 'fd02::12',
  },
];
const ports = { source: 40_000, destination: 80 };

const backwards = (route: Route): Route => ({
  source: route.destination,
  destination: route.source,
});

test('a request goes from a local address to the real server and its reply all the way back', (t) => {
  for (const { route, client, virtual, local, real } of families) {
    for (const content of [
      plainTcp(route, ports, [1, 2, 3]),
      plainUdp(route, ports, [1, 2, 3]),
      plainSctp(ports, [1, 2, 3]),
    ]) {
      const name = `protocol ${content.protocol} from ${client}`;
      load(plainFrame(plainIp(route, content)));
      fullnat.rewriteRequest(packet, flow, endpoint(local, 5_001), endpoint(real, 8_080));
      t.equal(faultOf(sent()), '', name);
      load(packet.copy());
      t.strictSame(flow.source, toWords(ip(local)).words, name);
      t.strictSame(flow.destination, toWords(ip(real)).words, name);
      t.match(flow, { sourcePort: 5_001, destinationPort: 8_080 }, name);

      // The server sends the same bytes back the other way.
      const reply = { source: 8_080, destination: 5_001 };
      const answer = plainUdp(backwards(route), reply, [9]);
      load(plainFrame(plainIp(backwards(route), answer)));
      fullnat.rewriteReply(packet, flow, endpoint(virtual, 80), endpoint(client, 40_000));
      t.equal(faultOf(sent()), '', name);
      load(packet.copy());
      t.strictSame(flow.source, toWords(ip(virtual)).words, name);
      t.strictSame(flow.destination, toWords(ip(client)).words, name);
      t.match(flow, { sourcePort: 80, destinationPort: 40_000 }, name);
    }
  }
  t.end();
});

test('the client is announced as it was before the rewriting, but not in a SYN or RST', (t) => {
  for (const { route, local, real } of families) {
    for (const [flags, carries] of [
      [0x02, false],
      [0x12, false],
      [0x14, false],
      [0x10, true],
      [0x18, true],
      [0x11, true],
    ] as const) {
      load(plainFrame(plainIp(route, plainTcp(route, ports, [7], { flags }))));
      t.equal(fullnat.announceClient(packet, flow, 1_500), carries, `flags ${flags}`);
      fullnat.rewriteRequest(packet, flow, endpoint(local, 5_001), endpoint(real, 8_080));
      t.equal(faultOf(sent()), '');
      if (!carries) continue;
      const option = sent().slice(flow.transport - flow.network + 20);
      t.strictSame(option.slice(2, 4 + route.source.length), [0x9c, 0x40, ...route.source]);
    }
  }
  t.end();
});

test('the answer to a SYN makes the client leave room for the option', (t) => {
  for (const { route } of families) {
    const options = [2, 4, 5, 180];
    const back = backwards(route);
    load(plainFrame(plainIp(back, plainTcp(back, ports, [], { flags: 0x12, options }))));
    fullnat.leaveRoom(packet, flow);
    const length = route.source.length === 4 ? 8 : 20;
    t.equal(packet.view.getUint16(flow.transport + 22), 1_460 - length);
    t.equal(faultOf(sent()), '');

    const data = plainFrame(plainIp(back, plainTcp(back, ports, [], { flags: 0x10, options })));
    load(data);
    fullnat.leaveRoom(packet, flow);
    t.strictSame(packet.copy(), data);
  }
  t.end();
});

test('a fragment of SCTP cannot be given other ports', (t) => {
  const route = { source: [10, 1, 0, 2], destination: [10, 1, 0, 100] };
  const fragment = { offset: 0, more: true };
  load(plainFrame(plainIp(route, plainSctp(ports, [1, 2, 3, 4]), { fragment })));
  const ends = [endpoint('10.2.0.1', 5_001), endpoint('10.2.0.12', 8_080)] as const;
  t.equal(fullnat.rewriteRequest(packet, flow, ...ends), false);
  t.end();
});
