import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { searchPath } from '../../cluster/lab/subprocess.js';
import { IoError } from '../../director/base/errors.js';
import { literalAddress } from '../../director/base/literal-address.js';
import { GuestInterface } from './guest-init.js';
import { Guest } from './guest.js';
import { Outside } from './outside.js';

const Tap = 'tap';
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
  ipv4: { guest: literalAddress('10.0.0.1'), outside: literalAddress('10.255.255.254') },
  ipv6: { guest: literalAddress('fd00::1'), outside: literalAddress('fd00::ffff:fffe') },
} as const;

/** Benches of this process so far: each has a tap device of its own. */
let count = 0;

/**
 * Boots a guest, lets `work` use it, and leaves nothing behind. This process must be in a network namespace of its own,
 * because the tap device is made in it. There may be several benches at a time; their guests do not see each other.
 */
export async function withBench<T>(work: (bench: Bench) => Promise<T>): Promise<T> {
  requirePrivateNamespace();
  const tap = `${Tap}${count}`;
  count += 1;
  const folder = mkdtempSync(join(tmpdir(), 'baton-interop-'));
  // Also when the process exits in the middle: with it ends every process of its PID namespace, the guest's too.
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const closers: (() => Promise<void> | void)[] = [];
  try {
    ip(`tuntap add dev ${tap} mode tap`);
    closers.push(() => ip(`link delete dev ${tap}`));
    // The address is nobody's: libpcap complains when there is none, and a socket of ours may need one.
    ip(`address add ${TapAddress}/32 dev ${tap}`);
    ip(`link set dev ${tap} addrgenmode none up`);
    const guest = await Guest.boot({ folder, tap, mac: GuestMac });
    closers.push(async () => guest.close());
    const { ipv4, ipv6 } = GuestAddresses;
    await guest.run(
      `ip address add ${ipv4.guest}/8 dev ${GuestInterface}
      ip address add ${ipv6.guest}/16 dev ${GuestInterface} nodad`,
    );
    const options = { tap, guestMac: GuestMac, addresses: GuestAddresses };
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

/** Nothing but loopback and taps of ours may be here: a host's own network is never touched. */
export function requirePrivateNamespace(): void {
  const devices = readFileSync('/proc/net/dev', 'utf8').split('\n').slice(2);
  const names = devices
    .map((line) => line.split(':')[0]?.trim() ?? '')
    .filter((name) => name !== '');
  if (names.every((name) => name === 'lo' || name.startsWith(Tap))) return;
  throw new IoError(
    { code: 'no-namespace' },
    `this needs a network namespace of its own, but here are ${names.join(', ')}: use scripts/interop-ipvs`,
  );
}
