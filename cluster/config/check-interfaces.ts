import { prefixContains } from '../../director/base/address.js';
import type { ParsedKeepalived } from './keepalived.js';
import type { ConfigInterface } from './node-config.js';
import { interfaceKey, lineOf, SyncDaemonKey, virtualAddressKey } from './position.js';
import { type ConfigProblem, ProblemList } from './problem.js';
import type { VirtualAddress } from './vrrp-config.js';

/**
 * What is wrong with a configuration on a machine that has these interfaces. Every named interface must exist. Every VIP
 * must lie in a subnet of its interface, or no neighbour would ask for it; and it must be no address of the machine
 * itself, because then the kernel would answer for it too, and reset what the director forwards.
 */
export function checkAgainstInterfaces(
  { file, config, positions }: ParsedKeepalived,
  interfaces: readonly ConfigInterface[],
): readonly ConfigProblem[] {
  const problems = new ProblemList(file);
  const known = new Map(interfaces.map((device) => [device.name, device]));
  const requireDevice = (name: string, key: string): void => {
    if (known.has(name)) return;
    const names = [...known.keys()].join(', ');
    const message = `${key} names ${name}, which does not exist; the interfaces are ${names}`;
    problems.add(lineOf(positions, key), 'unknown-reference', message);
  };
  for (const instance of config.vrrpInstances) {
    requireDevice(instance.device, interfaceKey(instance.name));
    for (const virtual of [...instance.virtualAddresses, ...instance.excludedAddresses]) {
      const key = virtualAddressKey(virtual.address);
      if (virtual.device !== instance.device) requireDevice(virtual.device, key);
      const line = lineOf(positions, key);
      const device = known.get(virtual.device);
      if (device !== undefined && !isInSubnet(virtual, device)) {
        problems.add(line, 'outside-subnet', describeOutside(virtual, device));
      }
      const owner = ownerOf(virtual, interfaces);
      if (owner === undefined) continue;
      const owned = `${virtual.address} is an address of ${owner.name}`;
      problems.add(line, 'conflict', `${owned}: the kernel must not own a VIP`);
    }
  }
  if (config.sync !== undefined) requireDevice(config.sync.device, SyncDaemonKey);
  return problems.inOrder;
}

const isInSubnet = (virtual: VirtualAddress, device: ConfigInterface): boolean =>
  device.addresses.some((subnet) => prefixContains(subnet, virtual.address));

const ownerOf = (
  virtual: VirtualAddress,
  interfaces: readonly ConfigInterface[],
): ConfigInterface | undefined =>
  interfaces.find(({ addresses }) => addresses.some(({ address }) => address === virtual.address));

function describeOutside(
  { address }: VirtualAddress,
  { name, addresses }: ConfigInterface,
): string {
  const subnets = addresses.map((subnet) => `${subnet.address}/${subnet.prefixLength}`).join(', ');
  if (subnets === '') return `${address} is outside every subnet: ${name} has no address`;
  return `${address} is outside every subnet of ${name} (${subnets})`;
}
