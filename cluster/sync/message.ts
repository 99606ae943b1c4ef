import type { ChangeList } from './change-list.js';
import type { Life, TableDigest } from './record.js';

/** Longest datagram accepted, whatever the sender's own limit is: what fits a jumbo frame. */
export const MaxDatagram = 8_972;

/** Least limit of what a node sends: room for the greatest record beside the longest names. */
export const LeastDatagram = 576;

/** Longest name of a node, so that a `Position` has a largest size. */
export const MaxNodeName = 63;

/** Peers that a node keeps up with: a cluster has at most 64 directors. */
export const MaxPeers = 63;

/** Most lives named in one BulkChunk. */
export const MaxLives = 16;

/** Most ranges in one Nack. */
export const MaxNackRanges = 32;

/** Most chunks that one BulkFetch may ask for. */
export const MaxFetchWindow = 32;

/** True for a name that may stand in a datagram: 1 to 63 printable ASCII characters without a blank. */
export const isNodeName = (text: string): boolean =>
  text.length <= MaxNodeName && /^[\x21-\x7e]+$/.test(text);

/** Sequences `first` to `last`, both included. */
export interface SequenceRange {
  readonly first: number;
  readonly last: number;
}

/** How far someone has come in the Updates of `node` in that epoch; sequence 0 is nowhere. */
export interface Position {
  readonly node: string;
  readonly epoch: number;
  readonly sequence: number;
}

/** Changes of the sender's table. Sequences count from 1 in each epoch without holes. */
export interface Updates {
  readonly kind: 'updates';
  readonly sequence: number;
  readonly changes: ChangeList;
  /** Asks for an `Ack` once everything up to this message has been applied. */
  readonly acknowledge: boolean;
}

/** What a node says about itself: every second, soon after its last Updates, and to a joiner. */
export interface Hello {
  readonly kind: 'hello';
  readonly lastSequence: number;
  readonly entries: number;
  readonly tableComplete: boolean;
  /** The table was complete in this life, and lacks at most what happened lately. */
  readonly wasComplete: boolean;
  readonly master: boolean;
  /** Asks for an `Ack` once everything up to `lastSequence` has been applied. */
  readonly acknowledge: boolean;
  /** Of the sender's own entries when it had sent `lastSequence`. */
  readonly digest: TableDigest;
  /** How far the sender has come in the Updates of lives that have ended lately: it can relay them. */
  readonly heard: readonly Position[];
}

/** Asks for these Updates of `node`: itself, or, when it is dead, one who has heard them. */
export interface Nack {
  readonly kind: 'nack';
  readonly node: string;
  readonly epoch: number;
  readonly ranges: readonly SequenceRange[];
}

/** Says that Updates before `oldestKept` cannot be sent again. */
export interface LostNotice {
  readonly kind: 'lost-notice';
  readonly oldestKept: number;
}

/** Updates of a life that has ended, from one who has heard them. */
export interface Relay {
  readonly kind: 'relay';
  readonly node: string;
  readonly epoch: number;
  readonly updates: Updates;
}

/** Asks who has a complete table. */
export interface BulkRequest {
  readonly kind: 'bulk-request';
}

/** Asks the donor `node` for up to `window` chunks from slot `cursor` on. */
export interface BulkFetch {
  readonly kind: 'bulk-fetch';
  readonly node: string;
  readonly epoch: number;
  readonly transfer: number;
  readonly cursor: number;
  readonly window: number;
  readonly ownOnly: boolean;
}

/**
 * A part of the donor's table as it was when the donor had come to `asOf`. `next` is -1 in the last chunk. `origins` says
 * of each record who told of it last: 0 the donor itself, n the nth of `lives`.
 */
export interface BulkChunk {
  readonly kind: 'bulk-chunk';
  readonly joinerEpoch: number;
  readonly transfer: number;
  readonly cursor: number;
  readonly next: number;
  readonly asOf: readonly Position[];
  readonly lives: readonly Life[];
  readonly records: ChangeList;
  readonly origins: Uint8Array;
}

/** Says that all Updates of `node` in that epoch, up to `sequence`, are in the table of the one who sends this. */
export interface Ack {
  readonly kind: 'ack';
  readonly node: string;
  readonly epoch: number;
  readonly sequence: number;
}

/**
 * Asks a sender that is not known to run now for a proof. What it asks is told by the envelope and the counter of its
 * signature, which no other datagram ever has.
 */
export interface Challenge {
  readonly kind: 'challenge';
}

/** Answers the Challenge that `node` sent in that epoch with that counter. */
export interface Response {
  readonly kind: 'response';
  readonly node: string;
  readonly epoch: number;
  readonly counter: number;
}

/** Ends an epoch in order. */
export interface Goodbye {
  readonly kind: 'goodbye';
  readonly lastSequence: number;
}

export type MessageBody =
  | Updates
  | Hello
  | Nack
  | LostNotice
  | BulkRequest
  | BulkFetch
  | BulkChunk
  | Goodbye
  | Ack
  | Relay
  | Challenge
  | Response;

/** One UDP payload. */
export interface Datagram {
  readonly kind: 'datagram';
  readonly syncId: number;
  readonly node: string;
  readonly epoch: number;
  readonly body: MessageBody;
}
