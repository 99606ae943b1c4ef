import { prefixContains, type AddressPrefix, type IpAddress } from '../base/address.js';
import { toWords } from '../wire/address-words.js';
import type { MacAddress } from '../wire/ethernet.js';

/** A network interface as the data plane sees it. */
export interface Interface {
  /** Position in the director's list; the driver's name for it. */
  readonly index: number;
  readonly name: string;
  readonly mac: MacAddress;
  readonly mtu: number;
  /** The addresses the kernel has on it: the networks that are on-link, and our own address there. */
  readonly addresses: readonly AddressPrefix[];
}

/** Where packets for destinations outside every on-link network go. */
export interface Gateway {
  readonly address: IpAddress;
  readonly interface: Interface;
}

/** The next hop of a packet. `words` are undefined when it is the destination itself. */
export interface Route {
  readonly interface: Interface;
  readonly gateway: Uint32Array | undefined;
}

interface Network {
  readonly address: number;
  readonly mask: number;
  readonly route: Route;
}

/** Finds the interface and next hop of IPv4 destinations: on-link networks, longest prefix first, then the gateway. */
export class RoutingTable {
  readonly #networks: Network[];
  readonly #default: Route | undefined;

  constructor(interfaces: readonly Interface[], gateway: Gateway | undefined) {
    this.#networks = interfaces
      .flatMap((owner) => owner.addresses.map((prefix) => ({ owner, prefix })))
      .filter(({ prefix }) => !prefix.address.includes(':'))
      .toSorted((left, right) => right.prefix.prefixLength - left.prefix.prefixLength)
      .map(({ owner, prefix }) => {
        const length = prefix.prefixLength;
        const mask = length === 0 ? 0 : (0xffff_ffff << (32 - length)) >>> 0;
        const word = toWords(prefix.address).words[3] ?? 0;
        return {
          address: (word & mask) >>> 0,
          mask,
          route: { interface: owner, gateway: undefined },
        };
      });
    this.#default =
      gateway === undefined
        ? undefined
        : { interface: gateway.interface, gateway: toWords(gateway.address).words };
  }

  /** The route to an IPv4 address, or undefined when there is none. */
  find(address: number): Route | undefined {
    for (const network of this.#networks) {
      if ((address & network.mask) >>> 0 === network.address) return network.route;
    }
    return this.#default;
  }
}

/** Our own address on an interface in the network of `peer`, or the first one there. */
export function ownAddress(owner: Interface, peer: IpAddress): IpAddress | undefined {
  const inNetwork = owner.addresses.find((prefix) => prefixContains(prefix, peer));
  return (inNetwork ?? owner.addresses[0])?.address;
}
