import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { searchPath } from '../../cluster/lab/subprocess.js';
import { parseAddress, type IpAddress } from '../../director/base/address.js';
import { IoError } from '../../director/base/errors.js';
import { assert } from '../../director/base/invariant.js';
import { GuestInterface } from './guest-init.js';
import { Guest } from './guest.js';
import { Outside } from './outside.js';

const Tap = 'tap0';
const TapAddress = '169.254.0.1';
const GuestMac = '02:42:00:00:00:01';

/** A booted guest with the world around it. */
export interface Bench {
  readonly guest: Guest;
  readonly outside: Outside;
  /** A folder for files that go away with the bench. */
  readonly folder: string;
}

/** The guest's own addresses. Every address of these networks is on its link. */
export const GuestAddresses = {
  ipv4: { guest: address('10.0.0.1'), outside: address('10.255.255.254') },
  ipv6: { guest: address('fd00::1'), outside: address('fd00::ffff:fffe') },
} as const;

/**
 * Boots a guest, lets `work` use it, and leaves nothing behind. This process must be alone in a network namespace,
 * because the tap device is made in it.
 */
export async function withBench<T>(work: (bench: Bench) => Promise<T>): Promise<T> {
  requirePrivateNamespace();
  const folder = mkdtempSync(join(tmpdir(), 'baton-interop-'));
  // Also when the process exits in the middle: with it ends every process of its PID namespace, the guest's too.
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const closers: (() => Promise<void> | void)[] = [];
  try {
    ip(`tuntap add dev ${Tap} mode tap`);
    // The address is nobody's: libpcap complains when there is none, and a socket of ours may need one.
    ip(`address add ${TapAddress}/32 dev ${Tap}`);
    ip(`link set dev ${Tap} addrgenmode none up`);
    const guest = await Guest.boot({ folder, tap: Tap, mac: GuestMac });
    closers.push(async () => guest.close());
    const { ipv4, ipv6 } = GuestAddresses;
    await guest.run(
      `ip address add ${ipv4.guest}/8 dev ${GuestInterface}
      ip address add ${ipv6.guest}/16 dev ${GuestInterface} nodad`,
    );
    const options = { tap: Tap, guestMac: GuestMac, addresses: GuestAddresses };
    const outside = await Outside.open(options);
    closers.push(() => outside.close());
    await outside.barrier();
    return await work({ guest, outside, folder });
  } finally {
    for (const close of closers.toReversed()) await close();
  }
}

const ip = (command: string): void => {
  execFileSync('ip', command.split(' '), { env: { ...process.env, PATH: searchPath } });
};

/** Nothing but loopback may be here: a host's own network is never touched. */
function requirePrivateNamespace(): void {
  const devices = readFileSync('/proc/net/dev', 'utf8').split('\n').slice(2);
  const names = devices
    .map((line) => line.split(':')[0]?.trim() ?? '')
    .filter((name) => name !== '');
  if (names.every((name) => name === 'lo')) return;
  throw new IoError(
    { code: 'no-namespace' },
    `this needs a network namespace of its own, but here are ${names.join(', ')}: use scripts/interop-ipvs`,
  );
}

function address(text: string): IpAddress {
  const parsed = parseAddress(text);
  assert(parsed !== undefined, 'an address of ours is an address');
  return parsed;
}
