import type { AddressFamily, NodeConfig, VirtualServerConfig } from './node-config.js';
import {
  firewallMarkKey,
  lineOf,
  LocalAddressesKey,
  virtualAddressKey,
  virtualServerKey,
} from './position.js';
import type { ReadContext } from './read-context.js';
import { describeFamily, familyOf } from './service-values.js';

/** The parts of a configuration that name one another. */
type References = Pick<NodeConfig, 'virtualServers' | 'dataPlane'>;

/** Refuses names that lead nowhere from one block of the file to another. */
export function checkReferences(config: References, context: ReadContext): void {
  checkLocalAddresses(config, context);
  checkMarks(config, context);
}

/** FullNat's local addresses are held with the instances, and each family that needs one has one. */
function checkLocalAddresses(
  { virtualServers, dataPlane }: References,
  { positions, problems }: ReadContext,
): void {
  for (const address of dataPlane.localAddresses) {
    if (positions.has(virtualAddressKey(address))) continue;
    const message = `local_addresses names ${address}, which no vrrp_instance holds`;
    problems.add(lineOf(positions, LocalAddressesKey), 'unknown-reference', message);
  }
  const families = new Set(dataPlane.localAddresses.map(familyOf));
  for (const server of virtualServers) {
    const family = familyOfServer(server);
    const isFullNat = server.realServers.some(({ method }) => method === 'FullNat');
    if (!isFullNat || families.has(family)) continue;
    const key = virtualServerKey(server);
    const message = `FULLNAT needs an ${describeFamily(family)} address in local_addresses of baton`;
    problems.add(lineOf(positions, key), 'missing', message);
  }
}

/** A mark without packets, or without a service, is a slip of the number or of the family. */
function checkMarks(
  { virtualServers, dataPlane }: References,
  { positions, problems }: ReadContext,
): void {
  const given = new Set(
    dataPlane.firewallMarks.map(({ mark, address }) => describeMark(mark, familyOf(address))),
  );
  for (const server of virtualServers) {
    if (server.firewallMark === undefined) continue;
    const mark = describeMark(server.firewallMark, server.family);
    if (given.has(mark)) continue;
    const message = `no packet carries the mark ${mark}: firewall_mark of baton says which do`;
    problems.warn(lineOf(positions, virtualServerKey(server)), 'fwmark', message);
  }
  for (const [index, { mark, address }] of dataPlane.firewallMarks.entries()) {
    const family = familyOf(address);
    if (positions.has(virtualServerKey({ firewallMark: mark, family }))) continue;
    const message = `no virtual_server has the mark ${describeMark(mark, family)}`;
    problems.add(lineOf(positions, firewallMarkKey(index)), 'unknown-reference', message);
  }
}

const describeMark = (mark: number, family: AddressFamily): string =>
  `${mark} for ${describeFamily(family)}`;

const familyOfServer = (server: VirtualServerConfig): AddressFamily =>
  server.firewallMark === undefined ? familyOf(server.address) : server.family;
