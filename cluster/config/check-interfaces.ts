import { type IpAddress, prefixContains } from '../../director/base/address.js';
import { trackedKey } from './keepalived-track.js';
import type { ParsedKeepalived } from './keepalived.js';
import type { ConfigInterface } from './node-config.js';
import {
  instanceKey,
  interfaceKey,
  lineOf,
  type Positions,
  sourceKey,
  SyncDaemonKey,
  syncGroupKey,
  syncPeerKey,
  unicastPeerKey,
  virtualAddressKey,
} from './position.js';
import { type ConfigProblem, ProblemList } from './problem.js';
import type { Tracked, VirtualAddress, VrrpInstanceConfig } from './vrrp-config.js';

/** What the checks of one machine share. */
interface Machine {
  readonly interfaces: readonly ConfigInterface[];
  readonly positions: Positions;
  readonly problems: ProblemList;
}

/**
 * What is wrong with a configuration on a machine that has these interfaces. Every named interface must exist, and so must
 * the sources of messages, while peers are others. Every VIP must lie in a subnet of its interface, or no neighbour would
 * ask for it; and it must be no address of the machine itself, because then the kernel would answer for it too, and reset
 * what the director forwards.
 */
export function checkAgainstInterfaces(
  { file, lines, config, positions }: ParsedKeepalived,
  interfaces: readonly ConfigInterface[],
): readonly ConfigProblem[] {
  const problems = new ProblemList(file, lines);
  const machine = { interfaces, positions, problems };
  for (const instance of config.vrrpInstances) {
    const owner = instanceKey(instance.name);
    requireDevice(instance.device, interfaceKey(instance.name), machine);
    checkTracked(instance.track, owner, machine);
    checkTransport(instance, machine);
    for (const virtual of [...instance.virtualAddresses, ...instance.excludedAddresses]) {
      checkVirtual(virtual, instance, machine);
    }
  }
  for (const { name, track } of config.syncGroups) {
    checkTracked(track, syncGroupKey(name), machine);
  }
  if (config.sync !== undefined) {
    requireDevice(config.sync.device, SyncDaemonKey, machine);
    for (const peer of config.sync.peers) checkPeer(peer, syncPeerKey(peer), machine);
  }
  return problems.inOrder;
}

function requireDevice(
  name: string,
  key: string,
  { interfaces, positions, problems }: Machine,
): void {
  if (interfaces.some((device) => device.name === name)) return;
  const names = interfaces.map((device) => device.name).join(', ');
  const message = `${key} names ${name}, which does not exist; the interfaces are ${names}`;
  problems.add(lineOf(positions, key), 'unknown-reference', message);
}

function checkTracked(tracked: readonly Tracked[], owner: string, machine: Machine): void {
  for (const { kind, name } of tracked) {
    if (kind === 'interface') requireDevice(name, trackedKey(kind, name, owner), machine);
  }
}

function checkTransport(
  { name, source, unicastPeers }: VrrpInstanceConfig,
  machine: Machine,
): void {
  const { interfaces, positions, problems } = machine;
  if (source !== undefined && ownerOf(source, interfaces) === undefined) {
    const key = sourceKey(name);
    const message = `${key} is ${source}, which is no address of this machine`;
    problems.add(lineOf(positions, key), 'unknown-reference', message);
  }
  for (const { address } of unicastPeers) {
    checkPeer(address, unicastPeerKey(address, name), machine);
  }
}

function checkPeer(
  peer: IpAddress,
  key: string,
  { interfaces, positions, problems }: Machine,
): void {
  const owner = ownerOf(peer, interfaces);
  if (owner === undefined) return;
  const message = `${key} is an address of ${owner.name}: a node is no peer of itself`;
  problems.add(lineOf(positions, key), 'conflict', message);
}

function checkVirtual(
  virtual: VirtualAddress,
  instance: VrrpInstanceConfig,
  machine: Machine,
): void {
  const { interfaces, positions, problems } = machine;
  const key = virtualAddressKey(virtual.address);
  if (virtual.device !== instance.device) requireDevice(virtual.device, key, machine);
  const line = lineOf(positions, key);
  const device = interfaces.find(({ name }) => name === virtual.device);
  if (device !== undefined && !isInSubnet(virtual, device)) {
    problems.add(line, 'outside-subnet', describeOutside(virtual, device));
  }
  const owner = ownerOf(virtual.address, interfaces);
  if (owner === undefined) return;
  const owned = `${virtual.address} is an address of ${owner.name}`;
  problems.add(line, 'conflict', `${owned}: the kernel must not own a VIP`);
}

const isInSubnet = (virtual: VirtualAddress, device: ConfigInterface): boolean =>
  device.addresses.some((subnet) => prefixContains(subnet, virtual.address));

const ownerOf = (
  address: IpAddress,
  interfaces: readonly ConfigInterface[],
): ConfigInterface | undefined =>
  interfaces.find(({ addresses }) => addresses.some((own) => own.address === address));

function describeOutside(
  { address }: VirtualAddress,
  { name, addresses }: ConfigInterface,
): string {
  const subnets = addresses.map((subnet) => `${subnet.address}/${subnet.prefixLength}`).join(', ');
  if (subnets === '') return `${address} is outside every subnet: ${name} has no address`;
  return `${address} is outside every subnet of ${name} (${subnets})`;
}
