import { test } from 'tap';

import { compact } from '../wire/hex.js';
import {
  GratuitousArp,
  IcmpUnreachable,
  TcpData,
  TcpSyn,
  UdpDatagram,
} from '../wire/recorded-frames.js';
import { buildArp, buildFrame } from './packet-builder.js';

const hex = (frame: Uint8Array): string => Buffer.from(frame).toString('hex');

const tcp4Nat = {
  ethernet: { source: '7a:3a:f5:d6:22:ec', destination: '1a:ec:03:21:76:5c' },
  from: '10.1.0.2:40000',
  to: '10.1.0.100:80',
  dontFragment: true,
};

test('the builder makes the segments that a kernel sent', (t) => {
  const syn = buildFrame({
    ...tcp4Nat,
    identification: 0x2d72,
    tcp: 'S',
    sequence: 0x062d9e74,
    tcpOptions: '020405b4 0402080a 9fcc8d50 00000000 01030306',
  });
  t.equal(hex(syn), compact(TcpSyn));

  const data = buildFrame({
    ...tcp4Nat,
    identification: 0x2d74,
    tcp: 'PA',
    sequence: 0x062d9e75,
    acknowledgement: 0x2d57d84e,
    window: 0x03ec,
    tcpOptions: '0101080a 9fcc8d52 cf6c7990',
    payload: 'hello0',
  });
  t.equal(hex(data), compact(TcpData));
  t.end();
});

test('the builder makes the datagram that a kernel sent', (t) => {
  const frame = buildFrame({
    ethernet: { source: 'b6:ba:86:24:fd:a8', destination: 'da:fe:36:de:45:a1' },
    from: '10.1.0.2:40000',
    to: '10.1.0.100:53',
    identification: 0x57e4,
    dontFragment: true,
    udp: {},
    payload: 'm0',
  });
  t.equal(hex(frame), compact(UdpDatagram));
  t.end();
});

test('the builder makes the ICMP message that a kernel sent', (t) => {
  const frame = buildFrame({
    ethernet: { source: '3a:1b:a0:ce:b4:68', destination: '72:18:0b:25:f1:cb' },
    from: '10.1.0.100',
    to: '10.1.0.2',
    tos: 0xc0,
    identification: 0x95de,
    ttl: 63,
    icmp: { type: 3, code: 3 },
    payload: `0x${compact(IcmpUnreachable).slice(38 * 2)}`,
  });
  t.equal(hex(frame), compact(IcmpUnreachable));
  t.end();
});

test('the builder makes the gratuitous ARP that keepalived sent', (t) => {
  const frame = buildArp({
    ethernet: { destination: 'ff:ff:ff:ff:ff:ff' },
    operation: 'request',
    sender: ['02:00:00:00:04:01', '10.4.0.100'],
    target: ['ff:ff:ff:ff:ff:ff', '10.4.0.100'],
  });
  t.equal(hex(frame), compact(GratuitousArp));
  t.end();
});
