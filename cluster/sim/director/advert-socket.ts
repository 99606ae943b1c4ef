import { isIpv6, type IpAddress } from '../../../director/base/address.js';
import * as ethernet from '../../../director/wire/ethernet.js';
import { Family, type Flow } from '../../../director/wire/flow.js';
import * as ipv4 from '../../../director/wire/ipv4.js';
import * as ipv6 from '../../../director/wire/ipv6.js';
import type { Packet } from '../../../director/wire/packet.js';
import { wrapMessage, type VrrpMessage } from '../../../director/wire/vrrp-packet.js';
import type { AdvertPort, AdvertPortOptions } from '../../member/adverts.js';
import type { Host } from '../host/host.js';
import type { NetworkCard } from '../host/network-card.js';
import { AddressBook } from './address-book.js';

/** Messages that the kernel keeps for one socket. */
const LongestQueue = 256;

/**
 * The raw socket of one VRRP instance, as the kernel gives it to a process: IPv4 messages can be read at any moment, those
 * of IPv6 come with the event loop.
 */
export class AdvertSocket implements AdvertPort {
  readonly counters = { refused: 0, malformed: 0 };
  readonly #host: Host;
  readonly #card: NetworkCard;
  readonly #options: AdvertPortOptions;
  readonly #receive: (message: VrrpMessage) => void;
  readonly #book = new AddressBook();
  #waiting: VrrpMessage[] = [];

  constructor(
    host: Host,
    card: NetworkCard,
    options: AdvertPortOptions,
    receive: (message: VrrpMessage) => void,
  ) {
    this.#host = host;
    this.#card = card;
    this.#options = options;
    this.#receive = receive;
  }

  send(message: Uint8Array, destination: IpAddress): void {
    const { source, ttl } = this.#options;
    const { family, words } = this.#book.words(destination);
    const packet = wrapMessage(message, { source, destination, ttl });
    if (this.#card.hasCarrier) this.#host.sendPacket(this.#card, family, words, packet);
    else this.counters.refused += 1;
  }

  listen(): boolean {
    if (isIpv6(this.#options.source)) return false;
    this.read();
    return true;
  }

  /** Hands over what waits. */
  read(): void {
    for (const message of this.#waiting.splice(0)) this.#receive(message);
  }

  reopen(): void {}

  close(): void {
    this.#waiting = [];
  }

  /** The kernel has a message of protocol 112; false when it is not for this socket, or its queue is full. */
  accept(card: NetworkCard, frame: Packet, flow: Flow): boolean {
    const family = isIpv6(this.#options.source) ? Family.ipv6 : Family.ipv4;
    if (card !== this.#card || flow.family !== family) return false;
    const destination = this.#book.text(family, flow.destination);
    if (destination !== this.#options.group && destination !== this.#options.source) return false;
    if (this.#waiting.length >= LongestQueue) return false;
    const network = frame.start + ethernet.HeaderLength;
    this.#waiting.push({
      source: this.#book.text(family, flow.source),
      destination,
      ttl:
        family === Family.ipv4 ? ipv4.ttl(frame.view, network) : ipv6.hopLimit(frame.view, network),
      bytes: frame.bytes.subarray(flow.transport, flow.end),
    });
    return true;
  }
}
