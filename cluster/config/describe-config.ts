import type { NodeConfig } from './node-config.js';

/** What a configuration has, in a few words. */
export function describeConfig({ vrrpInstances, virtualServers }: NodeConfig): string {
  const servers = virtualServers.flatMap(({ realServers }) => realServers);
  // The services of a group share their checkers.
  const checkers = new Set(servers.flatMap(({ health }) => health.checkers));
  return [
    count(vrrpInstances.length, 'VRRP instance'),
    count(virtualServers.length, 'virtual server'),
    count(servers.length, 'real server'),
    count(checkers.size, 'checker'),
  ].join(', ');
}

const count = (number: number, thing: string): string =>
  `${number} ${thing}${number === 1 ? '' : 's'}`;
