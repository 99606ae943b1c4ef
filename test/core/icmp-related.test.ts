import { test } from 'tap';

import { Prng } from '../../director/base/prng.js';
import { readRelated, replaceReceiver, replaceSender } from '../../director/core/icmp-related.js';
import { toWords } from '../../director/wire/address-words.js';
import { Flow, Parse, parseIpv4, parseIpv6 } from '../../director/wire/flow.js';
import * as ipv4 from '../../director/wire/ipv4.js';
import { Packet } from '../../director/wire/packet.js';
import type { Endpoint } from '../../director/wire/rewrite.js';
import { ip } from '../base/values.js';
import { bytesOf, compact } from '../wire/hex.js';
import {
  faultOf,
  internetChecksum,
  plainFrame,
  plainIcmp,
  plainIp,
  plainTcp,
  plainUdp,
  type Bytes,
  type Route,
} from '../wire/plain-packets.js';
import {
  Icmp6Unreachable,
  IcmpUnreachable,
  IcmpUnreachableFromServer,
} from '../wire/recorded-frames.js';

const packet = new Packet();
const flow = new Flow();
const inner = new Flow();

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

test('the kernel and we rewrite the error of a real server to the same bytes', (t) => {
  t.equal(load(bytesOf(IcmpUnreachableFromServer)), Parse.icmp);
  t.equal(readRelated(packet, flow, inner), Parse.ok);
  t.match(inner, { sourcePort: 40_200, destinationPort: 9_999, protocol: 17 });
  ipv4.decrementTtl(packet.view, flow.network);
  replaceSender(packet, flow, inner, endpoint('10.1.0.100', 99));
  t.equal(Buffer.from(sent()).toString('hex'), compact(IcmpUnreachable).slice(28));
  t.end();
});

test('the error of an IPv6 real server comes from the virtual service and is about it', (t) => {
  load(bytesOf(Icmp6Unreachable));
  t.equal(readRelated(packet, flow, inner), Parse.ok);
  replaceSender(packet, flow, inner, endpoint('fd01::100', 99));
  const expected = `
    600a5b32 006a 3a 40 fd010000000000000000000000000100 fd010000000000000000000000000002
    0104 2848 00000000
    60078f93 003a 11 3f fd010000000000000000000000000002 fd010000000000000000000000000100
    9d080063 003a7d86`;
  const rewritten = Buffer.from(sent()).toString('hex');
  t.equal(rewritten.slice(0, 192), compact(expected));
  t.equal(faultOf(sent()), '');
  t.end();
});

const wideAddress = (last: number): number[] => [0xfd, 1, ...Array<number>(13).fill(0), last];
const narrow: Route = { source: [10, 1, 0, 2], destination: [10, 1, 0, 100] };
const wide: Route = { source: wideAddress(2), destination: wideAddress(100) };
const ports = { source: 40_000, destination: 80 };

/** An error back to the source of a route, about what goes along it. */
function errorAbout(route: Route, quoted: Bytes, type: number): Uint8Array {
  const back = { source: route.destination, destination: route.source };
  return plainFrame(plainIp(back, plainIcmp(back, type, 0, [0, 0, 0, 0, ...quoted])));
}

const quoteOf = (route: Route): Bytes => plainIp(route, plainUdp(route, ports, [1, 2, 3, 4]));

const kindOf = (route: Route, type: number): Parse => {
  load(errorAbout(route, quoteOf(route), type));
  return readRelated(packet, flow, inner);
};

test('the errors that the kernel passes on are read, other messages are not', (t) => {
  for (const type of [3, 4, 11]) t.equal(kindOf(narrow, type), Parse.ok, `type ${type}`);
  for (const type of [0, 5, 8, 12]) t.equal(kindOf(narrow, type), Parse.otherProtocol, `${type}`);
  for (const type of [1, 2, 3, 4]) t.equal(kindOf(wide, type), Parse.ok, `type ${type}`);
  for (const type of [128, 136]) t.equal(kindOf(wide, type), Parse.otherProtocol, `${type}`);
  t.end();
});

test('an error with a wrong checksum, a cut quote or one of the other family is malformed', (t) => {
  for (const route of [narrow, wide]) {
    const other = route === narrow ? wide : narrow;
    const frame = errorAbout(route, quoteOf(route), 3);
    const last = frame.length - 1;
    load(frame.with(last, (frame[last] ?? 0) ^ 1));
    t.equal(readRelated(packet, flow, inner), Parse.malformed, 'checksum');
    load(errorAbout(route, quoteOf(other), 3));
    t.equal(readRelated(packet, flow, inner), Parse.malformed, 'family');
    const quoted = quoteOf(route);
    const enough = quoted.length - 4;
    for (let length = 0; length <= quoted.length; length += 1) {
      load(errorAbout(route, quoted.slice(0, length), 3));
      const expected = length < enough ? Parse.malformed : Parse.ok;
      t.equal(readRelated(packet, flow, inner), expected, `${length} bytes`);
    }
  }
  t.end();
});

test('a part of an error is not read', (t) => {
  const content = plainIcmp(narrow, 3, 3, [0, 0, 0, 0, ...quoteOf(narrow)]);
  load(plainFrame(plainIp(narrow, content, { fragment: { offset: 0, more: true } })));
  t.equal(readRelated(packet, flow, inner), Parse.otherProtocol);
  t.end();
});

const randomBytes = (random: Prng, length: number): number[] =>
  Array.from({ length }, () => [0, 0xff, random.below(256)][random.below(3)] ?? 0);

function randomEnd(random: Prng, length: number): Endpoint & { readonly bytes: Bytes } {
  const bytes = randomBytes(random, length);
  const column = new Uint32Array(4);
  const view = new DataView(Uint8Array.from(bytes).buffer);
  const first = 4 - length / 4;
  for (let word = first; word < 4; word += 1) column[word] = view.getUint32((word - first) * 4);
  return { bytes, column, at: 0, port: 1 + random.below(65_535) };
}

test('whatever is rewritten, every checksum in sight is right, and the way back is the identity', (t) => {
  const random = new Prng(9);
  const wrong: string[] = [];
  for (let round = 0; round < 20_000; round += 1) {
    const length = round % 2 === 0 ? 4 : 16;
    const [from, to, other] = [0, 1, 2].map(() => randomEnd(random, length));
    if (from === undefined || to === undefined || other === undefined) break;
    const route = { source: from.bytes, destination: to.bytes };
    const tuple = { source: from.port, destination: to.port };
    const payload = randomBytes(random, random.below(9));
    const quoted = plainIp(route, plainTcp(route, tuple, payload));
    const shown = quoted.slice(0, quoted.length - random.below(payload.length + 13));
    const frame = errorAbout(route, shown, 3);
    load(frame);
    if (readRelated(packet, flow, inner) !== Parse.ok) wrong.push(`round ${round} is not read`);
    replaceSender(packet, flow, inner, other);
    wrong.push(...faults(round, length, other.bytes, { outer: 'source', quoted: 'destination' }));
    replaceReceiver(packet, flow, inner, other);
    wrong.push(...faults(round, length, other.bytes, { outer: 'destination', quoted: 'source' }));
    replaceReceiver(packet, flow, inner, from);
    replaceSender(packet, flow, inner, to);
    if (Buffer.compare(packet.copy(), frame) !== 0) wrong.push(`round ${round} is not back`);
  }
  t.strictSame(wrong.slice(0, 3), []);
  t.end();
});

/** What is wrong with the rewritten error, judged without the code that rewrote it. */
function faults(
  round: number,
  length: number,
  address: Bytes,
  place: { readonly outer: keyof Route; readonly quoted: keyof Route },
): string[] {
  const bytes = sent();
  const header = length === 4 ? 20 : 40;
  const quoted = bytes.slice(header + 8);
  const at = (side: keyof Route): number =>
    (length === 4 ? 12 : 8) + (side === 'source' ? 0 : length);
  const found: string[] = [];
  if (faultOf(bytes) !== '') found.push(`round ${round}: ${faultOf(bytes)}`);
  const outerAt = at(place.outer);
  const quotedAt = at(place.quoted);
  if (bytes.slice(outerAt, outerAt + length).join() !== address.join()) {
    found.push(`round ${round}: outer address`);
  }
  if (quoted.slice(quotedAt, quotedAt + length).join() !== address.join()) {
    found.push(`round ${round}: quoted address`);
  }
  if (length === 4 && internetChecksum(quoted.slice(0, 20)) !== 0) {
    found.push(`round ${round}: quoted IP checksum`);
  }
  return found;
}

test('the quoted ports follow, and port 0 keeps one', (t) => {
  load(errorAbout(narrow, quoteOf(narrow), 3));
  readRelated(packet, flow, inner);
  replaceSender(packet, flow, inner, endpoint('10.2.0.12', 8_080));
  replaceReceiver(packet, flow, inner, endpoint('10.2.0.1', 0));
  t.equal(packet.view.getUint16(inner.transport), 40_000);
  t.equal(packet.view.getUint16(inner.transport + 2), 8_080);
  t.equal(faultOf(sent()), '');
  t.end();
});
