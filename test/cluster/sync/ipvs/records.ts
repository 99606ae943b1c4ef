import type { IpvsRecord } from '../../../../cluster/sync/ipvs/message.js';
import type { SyncRecord } from '../../../../cluster/sync/record.js';
import { seconds } from '../../../../director/base/time.js';
import { address } from '../toy-table.js';

export const bytesOf = (hex: string): Uint8Array =>
  Uint8Array.from(Buffer.from(hex.replaceAll(/\s/g, ''), 'hex'));

export const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** A connection as a kernel tells it: TCP by direct routing, established. */
export const wireRecord: IpvsRecord = {
  protocol: 6,
  client: address('10.0.0.2'),
  clientPort: 42136,
  virtual: address('10.0.0.100'),
  virtualPort: 80,
  real: address('10.0.0.22'),
  realPort: 80,
  flags: 0x83,
  state: 1,
  firewallMark: 0,
  timeout: 900,
  options: [],
};

/** What our table holds of it. */
export const tableRecord: SyncRecord = {
  protocol: 'TCP',
  client: address('10.0.0.2'),
  clientPort: 42136,
  virtual: address('10.0.0.100'),
  virtualPort: 80,
  isTemplate: false,
  real: address('10.0.0.22'),
  realPort: 80,
  method: 'Route',
  state: 1,
  flags: 0,
  timeout: seconds(900),
  remaining: seconds(900),
  packets: 7,
};

/** Messages of a Linux 6.1 kernel, sync id 7. */
export const golden = {
  version1: `
    00 07 002c 01 01 0000
    00 06 0024 00000083 0001 a498 0050 0050 00000000 00000384 0a000002 0a000064 0a000016`,
  ipv6: `
    00 07 0050 01 01 0000
    01 06 0048 00000183 0004 840a 0050 0050 00000000 00000078
    fd000000000000000000000000000002 fd000000000000000000000000000100
    fd000000000000000000000000000021`,
  engine: `
    00 07 0042 01 01 0000
    00 11 003a 00001183 0000 0000 13c5 13c5 00000000 0000003c 0a000002 0a000064 0a000016
    02 0f 6162633132334031302e302e302e32 03 03 736970`,
  version0: `
    01 07 001c
    00 06 8ecc 0050 0050 0a000002 0a000064 0a000015 0083 0001`,
} as const;
