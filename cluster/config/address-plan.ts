import {
  addressBytes,
  type AddressPrefix,
  type IpAddress,
  prefixContains,
} from '../../director/base/address.js';
import { type LabNetwork, networkOf } from './lab-config.js';
import type { ReportLabProblem } from './lab-report.js';
import type { YamlPath } from './lab-yaml.js';

/** Who has which IPv4 address of a lab, so that no address is outside its network or has two owners. */
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
    const { name, prefix } = network;
    const earlier = this.#owners.get(address);
    this.#owners.set(address, earlier ?? owner);
    if (!prefixContains(prefix, address)) {
      const message = `is ${address}, which is outside ${name} (${describePrefix(prefix)})`;
      this.#report(path, 'outside-subnet', message);
    } else if (isReserved(prefix, address)) {
      const message = `is ${address}, the network or broadcast address of ${name}`;
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
  hostNumber(prefix, prefix.address) !== 0;

/** True for the two addresses of an IPv4 network that no node may have. */
function isReserved(prefix: AddressPrefix, address: IpAddress): boolean {
  const host = hostNumber(prefix, address);
  return host === 0 || host === hostCount(prefix) - 1;
}

/** The bits of an IPv4 address beyond the length of its prefix, as a number. */
function hostNumber(prefix: AddressPrefix, address: IpAddress): number {
  const number = addressBytes(address).reduce((sum, byte) => sum * 256 + byte, 0);
  return number % hostCount(prefix);
}

const hostCount = ({ prefixLength }: AddressPrefix): number => 2 ** (32 - prefixLength);
