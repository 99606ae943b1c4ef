import { test } from 'tap';

import { ErrorKind, buildError } from '../../director/core/icmp-error.js';
import { Flow, parseIpv4, parseIpv6, type Parse } from '../../director/wire/flow.js';
import * as ipv4 from '../../director/wire/ipv4.js';
import { Packet } from '../../director/wire/packet.js';
import { bytesOf, compact } from '../wire/hex.js';
import {
  faultOf,
  plainFrame,
  plainIcmp,
  plainIp,
  plainTcp,
  plainUdp,
  type Bytes,
  type Route,
} from '../wire/plain-packets.js';
import { Icmp6Unreachable, IcmpUnreachableFromServer } from '../wire/recorded-frames.js';

const packet = new Packet();
const scratch = new Packet();
const flow = new Flow();

function load(frame: Uint8Array): Parse {
  packet.load(frame);
  return (frame[14] ?? 0) >> 4 === 6 ? parseIpv6(packet, flow) : parseIpv4(packet, flow);
}

const options = {
  source: Uint32Array.of(0, 0, 0, 0x0a02000c),
  mtu: 1_400,
  identification: 0x95de,
};
const wideOptions = { ...options, source: Uint32Array.of(0xfd020000, 0, 0, 0x12) };

/** The error about a packet, as the bytes of its IP packet, or undefined if there is none. */
function errorAbout(bytes: Bytes, kind: ErrorKind): Bytes | undefined {
  load(plainFrame(bytes));
  const used = (bytes[0] ?? 0) >> 4 === 6 ? wideOptions : options;
  if (!buildError(scratch, packet, flow, kind, used)) return undefined;
  return [...scratch.copy().subarray(14)];
}

const wideAddress = (last: number): number[] => [0xfd, 1, ...Array<number>(13).fill(0), last];
const narrow: Route = { source: [10, 1, 0, 2], destination: [10, 1, 0, 100] };
const wide: Route = { source: wideAddress(2), destination: wideAddress(100) };
const ports = { source: 40_000, destination: 80 };

/** The IP packet that a recorded error quotes, without its headers. */
const quoteOf = (frame: string, start: number): number[] => [...bytesOf(frame).subarray(start)];

test('the kernel and we answer a datagram with the same port unreachable', (t) => {
  const error = errorAbout(quoteOf(IcmpUnreachableFromServer, 42), ErrorKind.portUnreachable);
  const expected = compact(IcmpUnreachableFromServer).slice(28);
  t.equal(Buffer.from(error ?? []).toString('hex'), expected);
  t.equal(scratch.view.getUint16(scratch.start + 12), 0x0800);
  t.end();
});

test('the kernel and we answer an IPv6 datagram with the same port unreachable', (t) => {
  const error = errorAbout(quoteOf(Icmp6Unreachable, 62), ErrorKind.portUnreachable);
  // The kernel chose a flow label; ours is zero, and no checksum covers it.
  const expected = compact(Icmp6Unreachable).slice(28).replace('600a5b32', '60000000');
  t.equal(Buffer.from(error ?? []).toString('hex'), expected);
  t.equal(scratch.view.getUint16(scratch.start + 12), 0x86dd);
  t.end();
});

test('every kind has its type and code, and the MTU where it belongs', (t) => {
  const { timeExceeded, tooBig, portUnreachable } = ErrorKind;
  for (const [kind, narrowHeader, wideHeader] of [
    [timeExceeded, '0b00 00000000', '0300 00000000'],
    [tooBig, '0304 00000578', '0200 00000578'],
    [portUnreachable, '0303 00000000', '0104 00000000'],
  ] as const) {
    for (const [route, start, expected] of [
      [narrow, 20, narrowHeader],
      [wide, 40, wideHeader],
    ] as const) {
      const error = errorAbout(plainIp(route, plainTcp(route, ports, [])), kind) ?? [];
      const header = error.slice(start, start + 8).toSpliced(2, 2);
      t.equal(Buffer.from(header).toString('hex'), compact(expected));
      t.equal(faultOf(error), '');
    }
  }
  t.end();
});

test('a quote ends where the error would be larger than everybody can receive', (t) => {
  const payload = Array.from({ length: 1_300 }, (_, index) => index & 255);
  const long = plainIp(narrow, plainUdp(narrow, ports, payload));
  const error = errorAbout(long, ErrorKind.tooBig) ?? [];
  t.equal(error.length, 576);
  t.strictSame(error.slice(28), long.slice(0, 548));
  t.equal(faultOf(error), '');

  const wideLong = plainIp(wide, plainUdp(wide, ports, payload));
  const wideError = errorAbout(wideLong, ErrorKind.tooBig) ?? [];
  t.equal(wideError.length, 1_280);
  t.strictSame(wideError.slice(48), wideLong.slice(0, 1_232));
  t.equal(faultOf(wideError), '');
  t.end();
});

test('the sender gets its type of service back, with the precedence of control traffic', (t) => {
  const bytes = plainIp(narrow, plainTcp(narrow, ports, []), { tos: 0x2b });
  t.equal(errorAbout(bytes, ErrorKind.tooBig)?.[1], 0xca);
  t.end();
});

test('padding of the frame is not quoted', (t) => {
  const bytes = plainIp(narrow, plainUdp(narrow, ports, []));
  load(Uint8Array.from([...plainFrame(bytes), 9, 9, 9, 9]));
  t.equal(buildError(scratch, packet, flow, ErrorKind.timeExceeded, options), true);
  t.equal(scratch.length, 14 + 28 + bytes.length);
  t.end();
});

/** What is sent about an ICMP message of a type. */
const about = (route: Route, type: number): Bytes | undefined =>
  errorAbout(plainIp(route, plainIcmp(route, type, 0, [0, 0, 0, 0, 1, 2])), ErrorKind.timeExceeded);

test('no error is sent about an error, about a query it is', (t) => {
  for (const type of [3, 4, 5, 11, 12, 42]) t.equal(about(narrow, type), undefined, `${type}`);
  for (const type of [0, 8, 13]) t.ok(about(narrow, type), `${type}`);
  for (const type of [1, 2, 3, 4, 100, 137]) t.equal(about(wide, type), undefined, `${type}`);
  for (const type of [128, 129, 135]) t.ok(about(wide, type), `${type}`);
  t.end();
});

test('the first part of a datagram is reported, the later ones are not', (t) => {
  const datagram = plainUdp(narrow, ports, [1, 2, 3, 4, 5, 6, 7, 8]);
  const part = (offset: number): Bytes =>
    plainIp(narrow, datagram, { fragment: { offset, more: true } });
  t.ok(errorAbout(part(0), ErrorKind.timeExceeded));
  t.equal(errorAbout(part(16), ErrorKind.timeExceeded), undefined);
  t.end();
});

test('no error is sent to or about more than one host', (t) => {
  const many = [
    [224, 0, 0, 1],
    [239, 255, 255, 255],
    [255, 255, 255, 255],
    [240, 0, 0, 1],
    [0, 0, 0, 0],
    [127, 0, 0, 1],
  ];
  for (const address of many) {
    const from = { ...narrow, source: address };
    const to = { ...narrow, destination: address };
    const name = address.join('.');
    const kind = ErrorKind.portUnreachable;
    t.equal(errorAbout(plainIp(from, plainUdp(from, ports, [])), kind), undefined, name);
    t.equal(errorAbout(plainIp(to, plainUdp(to, ports, [])), kind), undefined, name);
  }
  const group = [0xff, 2, ...Array<number>(13).fill(0), 1];
  const nowhere = Array<number>(16).fill(0);
  for (const source of [group, nowhere]) {
    const from = { ...wide, source };
    t.equal(errorAbout(plainIp(from, plainUdp(from, ports, [])), ErrorKind.tooBig), undefined);
  }
  const toGroup = plainIp(
    { ...wide, destination: group },
    plainUdp({ ...wide, destination: group }, ports, []),
  );
  t.equal(errorAbout(toGroup, ErrorKind.timeExceeded), undefined);
  t.ok(errorAbout(toGroup, ErrorKind.tooBig), 'but the MTU of the path is for everybody');
  t.end();
});

test('an ICMP message that is cut off is not reported', (t) => {
  load(plainFrame(plainIp(narrow, { protocol: 1, bytes: [8, 0, 0] })));
  t.equal(flow.protocol, ipv4.Protocol.icmp);
  t.equal(buildError(scratch, packet, flow, ErrorKind.timeExceeded, options), false);
  t.end();
});
