import { execFileSync } from 'node:child_process';

import type { Interface } from '../../director/core/interfaces.js';

/*
 * The smallest network for a packet driver: one link, whose ends `near` and `far` are in the same namespace. For programs that
 * have a network namespace of their own.
 */

export const ip = (...words: readonly string[]): string =>
  execFileSync('ip', words, { encoding: 'utf8' });

export function makeLink(): void {
  ip('link', 'add', 'near', 'type', 'veth', 'peer', 'name', 'far');
  for (const name of ['near', 'far']) ip('link', 'set', name, 'arp', 'off', 'up');
}

/** An end of the link, as a director would know it. */
export const interfaceOf = (index: number, name: string): Interface => ({
  index,
  name,
  mac: { high: 0x0200, low: index },
  mtu: 1_500,
  addresses: [],
});
