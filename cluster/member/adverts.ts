import { isIpv6, type IpAddress } from '../../director/base/address.js';
import { IoError } from '../../director/base/errors.js';
import type { HmacSha256 } from '../../director/base/hmac.js';
import { assert } from '../../director/base/invariant.js';
import { literalAddress } from '../../director/base/literal-address.js';
import type { Duration } from '../../director/base/time.js';
import { ownAddress, type Interface } from '../../director/core/interfaces.js';
import { virtualMac } from '../../director/core/virtual-macs.js';
import type { MacAddress } from '../../director/wire/ethernet.js';
import { Family } from '../../director/wire/flow.js';
import {
  wrapMessage,
  writeMulticastFrame,
  type VrrpMessage,
} from '../../director/wire/vrrp-packet.js';
import type { AuthenticationConfig, VrrpInstanceConfig } from '../config/vrrp-config.js';
import {
  advertisementTtl,
  decodeAdvertisement,
  encodeAdvertisement,
  type Advertisement,
  type AdvertisementExpectations,
  type Authentication,
  type Rejection,
} from '../vrrp/advertisement.js';
import { Authenticator } from '../vrrp/authenticator.js';
import { toCentiseconds } from '../vrrp/timers.js';

/** IP protocol 112 on one device, as the advertisements of one virtual router need it. */
export interface AdvertPort {
  /** Messages that could not be sent, and that came in a form which is not VRRP's. */
  readonly counters: { readonly refused: number; readonly malformed: number };
  /** Sends a message at once; a refusal is counted, never thrown. */
  send(message: Uint8Array, destination: IpAddress): void;
  /**
   * Hands over the messages that wait to be read, without waiting for the event loop. False when this port cannot: its
   * messages come when the event loop has polled.
   */
  listen(): boolean;
  /** The device is up again. */
  reopen(): void;
  close(): void;
}

/** What the port of an instance's advertisements is opened for. */
export interface AdvertPortOptions {
  readonly device: string;
  /** The device's own MAC address, which what is sent comes from. */
  readonly mac: MacAddress;
  /** The source of what is sent, and the address where unicast messages arrive. */
  readonly source: IpAddress;
  /** The group to join; undefined when all peers are spoken to by unicast. */
  readonly group: IpAddress | undefined;
  /** The TTL or hop limit of what is sent. */
  readonly ttl: number;
}

/** What an advertisement needs of the node besides a socket. */
export interface AdvertsPorts {
  readonly hmac: HmacSha256;
  /** The wall clock, which the signatures of other nodes are compared with: since the epoch. */
  wallClock(): Duration;
  /** Sends a whole frame on the instance's interface: what comes from a virtual MAC address leaves so. */
  inject(frame: Uint8Array): void;
  /** An advertisement for this virtual router, or what was wrong with one. */
  receive(outcome: Advertisement | Rejection): void;
}

/** The advertisements of one VRRP instance: encoded, vouched for and sent to the group or to each peer; and back. */
export class Adverts {
  /** The address that advertisements come from: this node's name in the election. */
  readonly source: IpAddress;
  /** Messages to an address that is not that of the virtual router. */
  misdirected = 0;
  readonly #config: VrrpInstanceConfig;
  readonly #ports: AdvertsPorts;
  readonly #owner: Interface;
  readonly #group: IpAddress | undefined;
  readonly #destinations: readonly IpAddress[];
  readonly #mac: MacAddress;
  readonly #authenticator: Authenticator | undefined;
  #port: AdvertPort | undefined;
  /** What was sent last: unless it is signed with the time, an advertisement of the same priority is the same bytes. */
  #last: Encoded | undefined;

  /** Throws an `IoError` when the interface has no address to send from. */
  constructor(config: VrrpInstanceConfig, owner: Interface, ports: AdvertsPorts) {
    const { unicastPeers, authentication, virtualRouterId } = config;
    this.#config = config;
    this.#ports = ports;
    this.#owner = owner;
    this.source = sourceOf(config, owner);
    const family = isIpv6(this.source) ? Family.ipv6 : Family.ipv4;
    this.#mac = virtualMac(family, virtualRouterId);
    this.#group = unicastPeers.length === 0 ? (config.group ?? groupOf(family)) : undefined;
    this.#destinations =
      this.#group === undefined ? unicastPeers.map(({ address }) => address) : [this.#group];
    this.#authenticator =
      authentication?.kind === 'hmac' ? new Authenticator(authentication, ports.hmac) : undefined;
  }

  /** What the port that is to be attached has to be opened for. */
  get portOptions(): AdvertPortOptions {
    return {
      device: this.#owner.name,
      mac: this.#owner.mac,
      source: this.source,
      group: this.#group,
      ttl: this.#group === undefined ? this.#config.unicastTtl : advertisementTtl,
    };
  }

  /** Sends by this port from now on. What it receives is to be handed to `receive`. */
  attach(port: AdvertPort): void {
    this.#port = port;
  }

  /** Messages that the kernel refused to send, and that came in a form which is not VRRP's. */
  get counters(): { readonly refused: number; readonly malformed: number } {
    return this.#port?.counters ?? { refused: 0, malformed: 0 };
  }

  /** Sends an advertisement of this priority at once. */
  advertise(priority: number): void {
    if (this.#last?.priority !== priority || this.#authenticator !== undefined) {
      this.#last = { priority, messages: this.#encode(priority) };
    }
    for (const { destination, bytes } of this.#last.messages) this.#send(bytes, destination);
  }

  /** Takes what waits in the socket; false when only the event loop can. */
  listen(): boolean {
    return this.#port?.listen() ?? true;
  }

  /** The interface is up again. */
  reopen(): void {
    this.#port?.reopen();
  }

  close(): void {
    this.#port?.close();
  }

  /** An advertisement, for each place it goes to. */
  #encode(priority: number): Message[] {
    const { virtualRouterId, advertInterval, virtualAddresses, version, checksumAsV2 } =
      this.#config;
    const fields = {
      virtualRouterId,
      priority,
      intervalCentiseconds: toCentiseconds(advertInterval),
      addresses: virtualAddresses.map(({ address }) => address),
    };
    const options = { version, checksumAsV2, authentication: this.#authentication() };
    return this.#destinations.map((destination) => ({
      destination,
      bytes: encodeAdvertisement(fields, this.source, destination, options),
    }));
  }

  /** A master that answers from a virtual MAC address also speaks from it, so that switches know where it is. */
  #send(message: Uint8Array, destination: IpAddress): void {
    if (!this.#config.virtualMac || destination !== this.#group) {
      this.#port?.send(message, destination);
      return;
    }
    const envelope = { source: this.source, destination, ttl: advertisementTtl };
    this.#ports.inject(writeMulticastFrame(wrapMessage(message, envelope), destination, this.#mac));
  }

  /** Takes a message that the port has received. */
  receive(message: VrrpMessage): void {
    // All virtual routers of a link hear all advertisements. What is too short says nothing of whose it is.
    const [, virtualRouterId] = message.bytes;
    if (virtualRouterId !== undefined && virtualRouterId !== this.#config.virtualRouterId) return;
    const isUnicast = !isMulticastAddress(message.destination);
    if (this.#group === undefined ? !isUnicast : message.destination !== this.#group) {
      this.misdirected += 1;
      return;
    }
    this.#ports.receive(decodeAdvertisement(message.bytes, message, this.#expectations()));
  }

  #expectations(): AdvertisementExpectations {
    const { version, virtualRouterId, unicastPeers, checkUnicastSource, advertInterval } =
      this.#config;
    return {
      version,
      virtualRouterId,
      unicastPeers,
      checkUnicastSource,
      intervalCentiseconds: toCentiseconds(advertInterval),
      authentication: this.#authentication(),
    };
  }

  #authentication(): Authentication | undefined {
    const configured: AuthenticationConfig | undefined = this.#config.authentication;
    if (configured?.kind !== 'hmac') return configured;
    assert(this.#authenticator !== undefined, 'an instance with keys has an authenticator');
    return { kind: 'hmac', authenticator: this.#authenticator, wallClock: this.#ports.wallClock() };
  }
}

/** The messages of one advertisement: their checksums differ with where they go. */
interface Encoded {
  readonly priority: number;
  readonly messages: readonly Message[];
}

interface Message {
  readonly destination: IpAddress;
  readonly bytes: Uint8Array;
}

/** The group of RFC 9568 §5.1.1.2 and §5.1.2.2. */
const groupOf = (family: Family): IpAddress =>
  literalAddress(family === Family.ipv6 ? 'ff02::12' : '224.0.0.18');

const isMulticastAddress = (address: IpAddress): boolean =>
  isIpv6(address) ? address.startsWith('ff') : /^2(2[4-9]|3\d)\./.test(address);

const isLinkLocal = (address: IpAddress): boolean => /^fe[89ab]/.test(address);

/**
 * The configured source; else the interface's own address in the network of the peers, or of the virtual addresses. With
 * IPv6 that is the link-local one (RFC 9568 §5.1.2.1), unless the peers are farther away.
 */
function sourceOf(config: VrrpInstanceConfig, owner: Interface): IpAddress {
  const near = config.unicastPeers[0]?.address ?? config.virtualAddresses[0]?.address;
  assert(near !== undefined, 'a virtual router has an address');
  const linkLocal = owner.addresses.find(({ address }) => isLinkLocal(address))?.address;
  const isFar = config.unicastPeers.some(({ address }) => !isLinkLocal(address));
  const own = isIpv6(near) && !isFar ? linkLocal : ownAddress(owner, near);
  const source = config.source ?? own;
  if (source !== undefined) return source;
  const kind = isIpv6(near) ? 'IPv6' : 'IPv4';
  throw new IoError(
    { code: 'no-address' },
    `${owner.name} has no ${kind} address to send VRRP from`,
  );
}
