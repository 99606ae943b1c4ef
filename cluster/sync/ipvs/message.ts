import type { IpAddress } from '../../../director/base/address.js';

/**
 * The sync messages of the kernel's IPVS (net/netfilter/ipvs/ip_vs_sync.c), one a UDP datagram. Version 1 is what every
 * kernel since 2.6.39 sends, version 0 what older ones understand (`sync_version`). There are no sequence numbers, no
 * acknowledgements, no removals and no authentication.
 */
export type IpvsVersion = 0 | 1;

/** Types of what may follow a record of version 1. */
export const IpvsOptionType = {
  /** Shifted sequence numbers: two times initial number, shift and previous shift, 24 bytes. */
  sequences: 1,
  /** What a persistence engine told the template by, up to 255 bytes: a Call-ID of SIP. */
  engineData: 2,
  /** The engine's name, up to 16 bytes. */
  engineName: 3,
  /** A bit beside the type: a receiver that does not know it may go on without. */
  optionalBit: 0x40,
} as const;

export const sequencesLength = 24;
export const longestEngineName = 16;

/** One option of a record. */
export interface IpvsOption {
  /** 0 to 255, with the optional bit. */
  readonly type: number;
  /** 1 to 255 bytes. */
  readonly data: Uint8Array;
}

/** A connection or template as a message describes it; nothing is judged yet. All addresses are of one family. */
export interface IpvsRecord {
  /** IP protocol number; 0 in the template of a firewall mark, whose virtual address is 0.0.0.MARK. */
  readonly protocol: number;
  readonly client: IpAddress;
  readonly clientPort: number;
  readonly virtual: IpAddress;
  readonly virtualPort: number;
  readonly real: IpAddress;
  readonly realPort: number;
  /** `IpvsFlag`s. */
  readonly flags: number;
  /** In the protocol's own numbering. */
  readonly state: number;
  /** 0 for none, and always in version 0. */
  readonly firewallMark: number;
  /** Seconds, the whole timeout of the state; 0 for the receiver's own, and always in version 0. */
  readonly timeout: number;
  /**
   * In the order of the message. Version 0 knows shifted sequence numbers only, which are there exactly if a flag says so,
   * in the byte order of the sender's machine.
   */
  readonly options: readonly IpvsOption[];
}

/** One datagram. */
export interface IpvsMessage {
  readonly version: IpvsVersion;
  /** 0 to 255: directors with another one are another cluster. */
  readonly syncId: number;
  /** At most 255. */
  readonly records: readonly IpvsRecord[];
}

/** The most records that the count of a message can say. */
export const mostRecords = 255;

/** Why a datagram is no message. The kernel drops such a one too, but keeps the records before the mistake. */
export type IpvsMessageReject =
  /** Not even a header. */
  | 'too-short'
  /** The message names another size than it has. */
  | 'wrong-size'
  /** A record, or the options of one, end behind the message or behind the record. */
  | 'record-cut'
  /** A format of records to come. */
  | 'record-version'
  /** Neither IPv4 nor IPv6. */
  | 'record-type'
  /** An option of no length, or behind the end of its record. */
  | 'bad-option'
  /** A known option of a wrong length, or for the second time. */
  | 'bad-sequences'
  | 'bad-engine';
