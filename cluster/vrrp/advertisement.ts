import type { IpAddress } from '../../director/base/address.js';
import type { Duration } from '../../director/base/time.js';
import {
  judgePassword,
  noAuthentication,
  passwordAuthentication,
  type PasswordReason,
} from './auth-password.js';
import type { Authenticator, TrailerReason } from './authenticator.js';
import {
  readMessage,
  sealMessage,
  writeMessage,
  type AdvertisementLink,
  type FormReason,
  type ReadMessage,
  type Version2Authentication,
  type VrrpVersion,
} from './message.js';
import { judgeSender, multicastTtl, type SenderReason, type SenderRules } from './sender-rules.js';

/** The TTL of what is sent: routers make it less, and so give themselves away (RFC 9568 §5.1.1.3). */
export const advertisementTtl = multicastTtl;

/** The priority by which a master says that it gives up (RFC 9568 §5.2.4). */
export const resignPriority = 0;

/** What an advertisement says. */
export interface AdvertisementFields {
  /** 1 to 255. */
  readonly virtualRouterId: number;
  /** 0 to 255; 0 is a master that gives up. */
  readonly priority: number;
  /** 1 to 4095; version 2 knows whole seconds only, 100 to 25500. */
  readonly intervalCentiseconds: number;
  /** The virtual addresses, 1 to 255 of them. */
  readonly addresses: readonly IpAddress[];
}

/** An advertisement as it was received. */
export interface Advertisement extends AdvertisementFields {
  readonly kind: 'advertisement';
  readonly version: VrrpVersion;
  /** The sender's primary address: its name in the election, and what breaks a tie of priorities. */
  readonly source: IpAddress;
}

/**
 * Why a message was not accepted: what it is (`FormReason`), where it comes from (`SenderReason`), who vouches for it, or
 * that it is of another version, for another virtual router, or, in version 2, of another interval than ours.
 */
export type RejectReason =
  | FormReason
  | SenderReason
  | PasswordReason
  | TrailerReason
  | 'interval-mismatch';

/** The other outcome of `decodeAdvertisement`: a reason to count. */
export interface Rejection {
  readonly kind: 'rejected';
  readonly reason: RejectReason;
}

/** What the IP header of a received message says. */
export interface AdvertisementEnvelope extends AdvertisementLink {
  /** The TTL or hop limit. */
  readonly ttl: number;
}

/** How the routers of a virtual router prove to each other that they belong together. */
export type Authentication =
  /** Version 2 only; version 3 has no room for it, and goes without, as in keepalived. */
  | { readonly kind: 'pass'; readonly password: string }
  | {
      readonly kind: 'hmac';
      readonly authenticator: Authenticator;
      /** The time since 1970, now. */
      readonly wallClock: Duration;
    };

/** How to write an advertisement. */
export interface AdvertisementOptions {
  readonly version: VrrpVersion;
  /** Version 3 over IPv4: the checksum of RFC 9568 and `v3_checksum_as_v2` instead of keepalived's usual one. */
  readonly checksumAsV2: boolean;
  readonly authentication?: Authentication | undefined;
}

/** What the configuration demands of an advertisement; what is left out is not checked. */
export interface AdvertisementExpectations extends SenderRules {
  readonly version?: VrrpVersion | undefined;
  readonly virtualRouterId?: number | undefined;
  /**
   * Our own interval. Version 2 discards others' (RFC 3768 §7.1). Version 3 adopts the master's: there is nothing to
   * check, and a caller who wants to tell people compares the accepted advertisement's with its own.
   */
  readonly intervalCentiseconds?: number | undefined;
  /** Absent: a version 2 message must have none, and trailers are ignored. */
  readonly authentication?: Authentication | undefined;
}

/** What keepalived sends when it is told nothing but `vrrp_version 3`. */
const usualOptions: AdvertisementOptions = { version: 3, checksumAsV2: false };

/** The payload of a VRRP packet. With `auth_hmac` every call takes the next sequence number. */
export function encodeAdvertisement(
  fields: AdvertisementFields,
  source: IpAddress,
  destination: IpAddress,
  options: AdvertisementOptions = usualOptions,
): Uint8Array {
  const { version, checksumAsV2, authentication } = options;
  const body = writeMessage(
    {
      ...fields,
      version,
      authentication: version === 2 ? version2Authentication(authentication) : undefined,
    },
    source,
  );
  const origin = { version, virtualRouterId: fields.virtualRouterId, source };
  const trailer =
    authentication?.kind === 'hmac'
      ? authentication.authenticator.sign(body, origin, authentication.wallClock)
      : new Uint8Array();
  return sealMessage(body, trailer, { source, destination }, checksumAsV2);
}

/**
 * Reads a VRRP message from the network and judges it, in keepalived's order: sender, form, checksum, virtual router,
 * authentication, interval. Both forms of the version 3 checksum over IPv4 are good. Takes any bytes without an
 * exception: what is not accepted is a rejection. Nothing but an accepted trailer moves the authenticator's marks. Keeps no
 * reference to `bytes`.
 */
export function decodeAdvertisement(
  bytes: Uint8Array,
  envelope: AdvertisementEnvelope,
  expectations: AdvertisementExpectations = {},
): Advertisement | Rejection {
  const message = judgeSender(envelope, expectations) ?? readMessage(bytes, envelope);
  if (typeof message === 'string') return { kind: 'rejected', reason: message };
  const reason = judge(message, envelope, expectations);
  if (reason !== undefined) return { kind: 'rejected', reason };
  const { version, virtualRouterId, priority, intervalCentiseconds, addresses } = message;
  return {
    kind: 'advertisement',
    version,
    virtualRouterId,
    priority,
    intervalCentiseconds,
    addresses,
    source: envelope.source,
  };
}

function judge(
  message: ReadMessage,
  envelope: AdvertisementEnvelope,
  expectations: AdvertisementExpectations,
): RejectReason | undefined {
  const { version, virtualRouterId, intervalCentiseconds } = message;
  const expected = expectations;
  if (isOther(version, expected.version)) return 'version';
  if (isOther(virtualRouterId, expected.virtualRouterId)) return 'virtual-router-id';
  const reason = judgeAuthentication(message, envelope, expected.authentication);
  if (reason !== undefined || version === 3) return reason;
  return isOther(intervalCentiseconds, expected.intervalCentiseconds)
    ? 'interval-mismatch'
    : undefined;
}

function judgeAuthentication(
  message: ReadMessage,
  { source }: AdvertisementEnvelope,
  authentication: Authentication | undefined,
): RejectReason | undefined {
  const { version, virtualRouterId, body, trailer } = message;
  if (message.authentication !== undefined) {
    const expected = version2Authentication(authentication);
    const reason = judgePassword(message.authentication, expected);
    if (reason !== undefined) return reason;
  }
  if (authentication?.kind !== 'hmac') return undefined;
  const origin = { version, virtualRouterId, source };
  return authentication.authenticator.verify(body, trailer, origin, authentication.wallClock);
}

const version2Authentication = (
  authentication: Authentication | undefined,
): Version2Authentication =>
  authentication?.kind === 'pass'
    ? passwordAuthentication(authentication.password)
    : noAuthentication;

const isOther = (value: number, expected: number | undefined): boolean =>
  expected !== undefined && value !== expected;
