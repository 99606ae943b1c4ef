import { execFileSync } from 'node:child_process';

import { z } from 'zod';

import { parseAddress } from '../base/address.js';
import { IoError } from '../base/errors.js';
import type { Gateway, Interface } from '../core/interfaces.js';
import { parseMac } from '../wire/ethernet.js';

const LinkSchema = z.array(
  z.object({
    ifname: z.string(),
    link_type: z.string(),
    mtu: z.number(),
    address: z.string().optional(),
    addr_info: z.array(z.object({ local: z.string().optional(), prefixlen: z.number() })),
  }),
);

const RouteSchema = z.array(z.object({ gateway: z.string().optional(), dev: z.string() }));

/** The Ethernet interfaces of this network namespace, with the addresses that the kernel has on them. */
export function discoverInterfaces(): Interface[] {
  const links = LinkSchema.parse(askIp(['-j', 'address', 'show']));
  return links
    .filter((link) => link.link_type === 'ether')
    .map((link, index) => ({
      index,
      name: link.ifname,
      mac: parseMac(link.address ?? '') ?? { high: 0, low: 0 },
      mtu: link.mtu,
      addresses: link.addr_info.flatMap(({ local, prefixlen }) => {
        const address = parseAddress(local ?? '');
        return address === undefined ? [] : [{ address, prefixLength: prefixlen }];
      }),
    }));
}

/** The default routes of this namespace that leave by one of the interfaces, the first of each address family. */
export function discoverGateways(interfaces: readonly Interface[]): Gateway[] {
  return ['-4', '-6'].flatMap((family) => {
    for (const route of RouteSchema.parse(askIp(['-j', family, 'route', 'show', 'default']))) {
      const address = parseAddress(route.gateway ?? '');
      const owner = interfaces.find(({ name }) => name === route.dev);
      if (address !== undefined && owner !== undefined) return [{ address, interface: owner }];
    }
    return [];
  });
}

function askIp(options: readonly string[]): unknown {
  try {
    return JSON.parse(execFileSync('ip', options, { encoding: 'utf8' }));
  } catch (cause) {
    throw new IoError(
      { code: 'iproute2' },
      `cannot ask 'ip ${options.join(' ')}'; the package iproute2 must be installed`,
      { cause },
    );
  }
}
