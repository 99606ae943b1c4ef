import {
  addressBytes,
  type AddressPrefix,
  type IpAddress,
  isIpv6,
  prefixContains,
} from '../../director/base/address.js';
import { type LabNetwork, networkOf, prefixOf } from './lab-config.js';
import type { ReportLabProblem } from './lab-report.js';
import type { YamlPath } from './lab-yaml.js';
import { describeFamily, familyOf } from './service-values.js';

/** Who has which address of a lab, so that no address is outside its network or has two owners. */
export class AddressPlan {
  readonly #networks: readonly LabNetwork[];
  readonly #report: ReportLabProblem;
  readonly #owners = new Map<IpAddress, string>();

  constructor(networks: readonly LabNetwork[], report: ReportLabProblem) {
    this.#networks = networks;
    this.#report = report;
  }

  /** The network of that name. */
  network(name: string): LabNetwork | undefined {
    return this.#networks.find((network) => network.name === name);
  }

  /** Gives an address in `network` to `owner`, who is named as messages name it and may ask again. */
  assign(path: YamlPath, address: IpAddress, network: LabNetwork, owner: string): void {
    const { name } = network;
    const prefix = prefixOf(network, familyOf(address));
    const earlier = this.#owners.get(address);
    this.#owners.set(address, earlier ?? owner);
    if (prefix === undefined) {
      const message = `is ${address}, but ${name} has no ${describeFamily(familyOf(address))} prefix`;
      this.#report(path, 'outside-subnet', message);
    } else if (!prefixContains(prefix, address)) {
      const message = `is ${address}, which is outside ${name} (${describePrefix(prefix)})`;
      this.#report(path, 'outside-subnet', message);
    } else if (isReserved(prefix, address)) {
      const kind = isIpv6(address) ? 'anycast address of routers' : 'network or broadcast address';
      const message = `is ${address}, the ${kind} of ${name}`;
      this.#report(path, 'wrong-value', message);
    } else if (earlier !== undefined && earlier !== owner) {
      this.#report(path, 'duplicate', `is ${address}, which is already the address of ${earlier}`);
    }
  }

  /** Gives an address to an owner that may be in any network, and says in which one it is. */
  place(path: YamlPath, address: IpAddress, owner: string): LabNetwork | undefined {
    const network = networkOf(this.#networks, address);
    if (network === undefined) {
      this.#report(path, 'outside-subnet', `is ${address}, which is outside every network`);
    } else {
      this.assign(path, address, network, owner);
    }
    return network;
  }
}

/** The prefix as people write it. */
export const describePrefix = ({ address, prefixLength }: AddressPrefix): string =>
  `${address}/${prefixLength}`;

/** True when the address of a prefix is more than its network: 10.1.0.5/24. */
export const hasHostBits = (prefix: AddressPrefix): boolean =>
  hostNumber(prefix, prefix.address) !== 0n;

/** True for the first address of a network, and for the last one of IPv4: no node may have them (RFC 4291 §2.6.1). */
function isReserved(prefix: AddressPrefix, address: IpAddress): boolean {
  const host = hostNumber(prefix, address);
  return host === 0n || (!isIpv6(address) && host === hostCount(prefix) - 1n);
}

/** The bits of an address beyond the length of its prefix, as a number. */
function hostNumber(prefix: AddressPrefix, address: IpAddress): bigint {
  const number = addressBytes(address).reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
  return number % hostCount(prefix);
}

const hostCount = ({ address, prefixLength }: AddressPrefix): bigint =>
  1n << BigInt((isIpv6(address) ? 128 : 32) - prefixLength);
