import type { IpAddress } from '../base/address.js';
import type { MacAddress } from '../wire/ethernet.js';

/** What a VRRP socket is opened for. All addresses are of one family, which is that of the socket. */
export interface VrrpPortOptions {
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

/** What went wrong at a VRRP socket, which nobody else counts. */
export interface VrrpPortCounters {
  /** Messages that the kernel refused to send: a link that is down, no route to a peer. */
  refused: number;
  /** Messages without a usable IP header, and errors of the socket. */
  malformed: number;
}

/** IP protocol 112 on one device (RFC 9568 §5.1), whichever way the packets take. */
export interface VrrpPort {
  readonly counters: VrrpPortCounters;
  /** Sends a message at once; a refusal is counted, never thrown. */
  send(message: Uint8Array, destination: IpAddress): void;
  /**
   * Hands over the messages that wait to be read, without waiting for the event loop. False when this port cannot: its
   * messages come when the event loop has polled.
   */
  listen(): boolean;
  /** To be called when the device is up again. */
  reopen(): void;
  close(): void;
}
