import type { AddressPrefix } from '../../../director/base/address.js';
import type { AddressWords } from '../../../director/wire/address-words.js';
import { toWords } from '../../../director/wire/address-words.js';
import * as ethernet from '../../../director/wire/ethernet.js';
import type { Family } from '../../../director/wire/flow.js';
import type { Packet } from '../../../director/wire/packet.js';
import type { Channel } from '../network/channel.js';

/** A host's interface: its MAC address, its IP addresses, and the channel that leads out of it. */
export class NetworkCard {
  readonly name: string;
  readonly mac: ethernet.MacAddress;
  readonly mtu: number;
  readonly addresses: readonly AddressPrefix[];
  readonly #words: readonly AddressWords[];
  #output: Channel | undefined;

  constructor(
    name: string,
    mac: ethernet.MacAddress,
    addresses: readonly AddressPrefix[],
    mtu = 1_500,
  ) {
    this.name = name;
    this.mac = mac;
    this.mtu = mtu;
    this.addresses = addresses;
    this.#words = addresses.map(({ address }) => toWords(address));
  }

  /** True while the cable is in. */
  get hasCarrier(): boolean {
    return this.#output?.isUp ?? false;
  }

  connect(output: Channel): void {
    this.#output = output;
  }

  send(frame: Packet): void {
    this.#output?.send(frame);
  }

  /** True for a frame that the card hands to its host: to its own address, or to many. */
  accepts({ view, start, end }: Packet): boolean {
    if (!ethernet.isValid(start, end)) return false;
    if (ethernet.isMulticast(view, start)) return true;
    const isOwn = ethernet.destinationLow(view, start) === this.mac.low;
    return isOwn && ethernet.destinationHigh(view, start) === this.mac.high;
  }

  /** True for an address of this card. */
  has(family: Family, words: Uint32Array): boolean {
    for (const own of this.#words) {
      if (own.family === family && isSameAddress(own.words, words)) return true;
    }
    return false;
  }

  /** The card's own address of a family, for packets and questions of its host. */
  source(family: Family): Uint32Array | undefined {
    return this.#words.find((own) => own.family === family)?.words;
  }
}

export const isSameAddress = (left: Uint32Array, right: Uint32Array): boolean =>
  left[3] === right[3] && left[2] === right[2] && left[1] === right[1] && left[0] === right[0];
