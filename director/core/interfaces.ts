import { isIpv6, prefixContains, type AddressPrefix, type IpAddress } from '../base/address.js';
import { toWords } from '../wire/address-words.js';
import type { MacAddress } from '../wire/ethernet.js';
import { Family } from '../wire/flow.js';

/** A network interface as the data plane sees it. */
export interface Interface {
  /** Position in the director's list; the driver's name for it. */
  readonly index: number;
  readonly name: string;
  readonly mac: MacAddress;
  /** The largest IP packet it carries, in bytes. */
  readonly mtu: number;
  /** The addresses the kernel has on it: the networks that are on-link, and our own address there. */
  readonly addresses: readonly AddressPrefix[];
}

/** Where packets for destinations outside every on-link network go; one for each address family. */
export interface Gateway {
  readonly address: IpAddress;
  readonly interface: Interface;
}

/** The next hop of a packet. `gateway` is undefined when it is the destination itself. */
export interface Route {
  readonly interface: Interface;
  readonly gateway: Uint32Array | undefined;
  /** Our own address on the interface, for packets that the director makes itself. */
  readonly source: Uint32Array;
}

interface Network {
  readonly family: Family;
  readonly words: Uint32Array;
  readonly mask: Uint32Array;
  readonly length: number;
  readonly route: Route;
}

/** Finds the interface and next hop of a destination: on-link networks, longest prefix first, then the gateway. */
export class RoutingTable {
  readonly #networks: Network[];
  readonly #gateways = new Map<Family, Route>();

  constructor(interfaces: readonly Interface[], gateways: readonly Gateway[]) {
    this.#networks = interfaces
      .flatMap((owner) => owner.addresses.map((prefix) => networkOf(owner, prefix)))
      .toSorted((left, right) => right.length - left.length);
    for (const { address, interface: owner } of gateways) {
      const { family, words } = toWords(address);
      const source = ownAddress(owner, address);
      this.#gateways.set(family, {
        interface: owner,
        gateway: words,
        source: source === undefined ? new Uint32Array(4) : toWords(source).words,
      });
    }
  }

  /** The gateways, by family and address. */
  *gateways(): Generator<{ readonly family: Family; readonly words: Uint32Array }> {
    for (const [family, { gateway }] of this.#gateways) {
      if (gateway !== undefined) yield { family, words: gateway };
    }
  }

  /** True for an address that the kernel has on one of the interfaces. */
  isOwn(family: Family, words: Uint32Array, offset = 0): boolean {
    return this.#networks.some(
      ({ family: own, route }) =>
        own === family && route.source.every((word, index) => word === words[offset + index]),
    );
  }

  /** The route to the address at `offset` of a column, or undefined when there is none. */
  find(family: Family, words: Uint32Array, offset = 0): Route | undefined {
    for (const network of this.#networks) {
      if (network.family === family && contains(network, words, offset)) return network.route;
    }
    return this.#gateways.get(family);
  }
}

function networkOf(owner: Interface, prefix: AddressPrefix): Network {
  const { family, words } = toWords(prefix.address);
  const first = family === Family.ipv4 ? 96 : 0;
  const mask = new Uint32Array(4);
  for (let bit = 0; bit < first + prefix.prefixLength; bit += 1) {
    mask[bit >> 5] = ((mask[bit >> 5] ?? 0) | (0x8000_0000 >>> (bit & 31))) >>> 0;
  }
  return {
    family,
    mask,
    words: words.map((word, index) => (word & (mask[index] ?? 0)) >>> 0),
    length: prefix.prefixLength,
    route: { interface: owner, gateway: undefined, source: words },
  };
}

function contains({ words, mask }: Network, address: Uint32Array, offset: number): boolean {
  for (let word = 3; word >= 0; word -= 1) {
    if (((address[offset + word] ?? 0) & (mask[word] ?? 0)) >>> 0 !== words[word]) return false;
  }
  return true;
}

/** Our own address on an interface in the network of `peer`, or the first one there of its family. */
export function ownAddress(owner: Interface, peer: IpAddress): IpAddress | undefined {
  const ofFamily = owner.addresses.filter(({ address }) => isIpv6(address) === isIpv6(peer));
  const inNetwork = ofFamily.find((prefix) => prefixContains(prefix, peer));
  return (inNetwork ?? ofFamily[0])?.address;
}
