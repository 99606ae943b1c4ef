import { type IpAddress, parseAddress } from '../../director/base/address.js';
import { assert } from '../../director/base/invariant.js';
import {
  type LabAddress,
  type LabConfig,
  type LabDirector,
  virtualAddressesOf,
} from './lab-config.js';
import type { AddressFamily } from './node-config.js';
import { familyOf } from './service-values.js';

/** A VRRP instance of a lab's director: the addresses of one virtual router and one family. */
export interface LabInstance {
  readonly name: string;
  readonly virtualRouterId: number;
  readonly priority: number;
  readonly version: 2 | 3;
  readonly virtualAddresses: readonly LabAddress[];
  readonly excludedAddresses: readonly LabAddress[];
}

/** Between two directors that follow each other in the order of a virtual router; nineteen of them stay above 1, more are closer together. */
const PriorityStep = 10;
const HighestPriority = 200;

const Families = ['ipv4', 'ipv6'] as const;

/**
 * The instances of a director. The virtual routers are in the order of the file, the cluster's own first; one with
 * addresses of both families is two instances.
 */
export function instancesOf(lab: LabConfig, director: LabDirector): readonly LabInstance[] {
  const { virtualRouterId, virtualRouters, gateway } = lab.cluster;
  const others = virtualRouters.map(({ id, order, addresses }, index) =>
    Families.flatMap((family) => {
      const step = Math.min(PriorityStep, Math.floor((HighestPriority - 2) / order.length));
      const priority = HighestPriority - step * order.indexOf(director.name);
      const virtual = onVirtualNetwork(lab, ofFamily(addresses, family));
      return instance(lab, { id, priority, family, number: index + 2, virtual });
    }),
  );
  const spare = ownAddresses(lab);
  const own = Families.flatMap((family) => {
    const { priority } = director;
    const gatewayAddress = family === 'ipv6' ? gateway?.address6 : gateway?.address;
    const virtual = [
      ...onVirtualNetwork(lab, ofFamily(spare, family)),
      ...(gateway === undefined || gatewayAddress === undefined
        ? []
        : [{ network: gateway.network, address: gatewayAddress }]),
    ];
    return instance(lab, { id: virtualRouterId, priority, family, number: 1, virtual });
  });
  const [first, ...rest] = [...own, ...others.flat()];
  assert(first !== undefined, 'a lab has a virtual address');
  // An excluded address may be of either family.
  return [{ ...first, excludedAddresses: lab.cluster.localAddresses }, ...rest];
}

/** The VIPs that no further virtual router has. */
function ownAddresses({ cluster, services }: LabConfig): readonly IpAddress[] {
  const taken = new Set(cluster.virtualRouters.flatMap(({ addresses }) => addresses));
  const all = new Set([...virtualAddressesOf(services), ...cluster.addresses]);
  return [...all].filter((address) => !taken.has(address));
}

interface Scope {
  readonly id: number;
  readonly number: number;
  readonly priority: number;
  readonly family: AddressFamily;
  readonly virtual: readonly LabAddress[];
}

/** No instance without addresses; one of IPv6 begins with a link-local one (RFC 9568 §5.2.9). */
function instance(
  lab: LabConfig,
  { id, number, priority, family, virtual }: Scope,
): readonly LabInstance[] {
  if (virtual.length === 0) return [];
  const isIpv6 = family === 'ipv6';
  const linkLocal = isIpv6 ? onVirtualNetwork(lab, [linkLocalAddress(id)]) : [];
  return [
    {
      name: `VI_${number}${isIpv6 ? '_6' : ''}`,
      virtualRouterId: id,
      priority,
      version: isIpv6 ? 3 : lab.cluster.version,
      virtualAddresses: [...linkLocal, ...virtual],
      excludedAddresses: [],
    },
  ];
}

const ofFamily = (addresses: readonly IpAddress[], family: AddressFamily): readonly IpAddress[] =>
  addresses.filter((address) => familyOf(address) === family);

const onVirtualNetwork = (
  { cluster }: LabConfig,
  addresses: readonly IpAddress[],
): readonly LabAddress[] =>
  addresses.map((address) => ({ network: cluster.virtualNetwork, address }));

/** Of its own for each virtual router. */
function linkLocalAddress(id: number): IpAddress {
  const address = parseAddress(`fe80::${id.toString(16)}`);
  assert(address !== undefined, 'the digits of an octet make an address');
  return address;
}
