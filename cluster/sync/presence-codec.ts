import { baton } from '#proto/presence.js';

import { addressBytes, addressFromBytes, type IpAddress } from '../../director/base/address.js';
import { unreachable } from '../../director/base/invariant.js';
import { isNodeName } from './message.js';
import { NonceLength, type PresenceSeal } from './presence-seal.js';

/** A virtual router as a peer takes part in it. */
export interface PeerRouter {
  readonly virtualRouterId: number;
  readonly address: IpAddress;
  readonly priority: number;
}

/** Who is at the other end of a presence stream. */
export interface Introduction {
  readonly kind: 'introduction';
  readonly node: string;
  readonly routers: readonly PeerRouter[];
}

/** The peer leaves on purpose: the end of its stream is no death. */
export interface Goodbye {
  readonly kind: 'goodbye';
}

/** What a watcher with keys says first: the answers on this stream are to be signed over the nonce. */
export interface PresenceChallenge {
  readonly kind: 'challenge';
  /** 16 to 64 bytes that nobody can foresee. */
  readonly nonce: Uint8Array;
}

export type PresenceMessage = Introduction | Goodbye | PresenceChallenge;

const LengthBytes = 2;
/** Room for an introduction with 255 virtual routers. */
const LongestMessage = 8_192;
const MostRouters = 255;

/** A message with its length in front, signed when there is a seal. */
export function encodePresence(message: PresenceMessage, seal?: PresenceSeal): Uint8Array {
  const plain = baton.presence.Presence.encode(toWire(message)).finish();
  const body = seal === undefined ? plain : seal.sign(plain);
  const framed = new Uint8Array(LengthBytes + body.length);
  new DataView(framed.buffer).setUint16(0, body.length);
  framed.set(body, LengthBytes);
  return framed;
}

function toWire(message: PresenceMessage): baton.presence.Presence.$Properties {
  switch (message.kind) {
    case 'goodbye':
      return { goodbye: {} };
    case 'challenge':
      return { challenge: { nonce: message.nonce } };
    case 'introduction': {
      const routers = message.routers.map((router) => ({
        ...router,
        address: addressBytes(router.address),
      }));
      return { introduction: { node: message.node, routers } };
    }
    default:
      return unreachable(message);
  }
}

/**
 * Cuts a presence stream into messages, whatever pieces it arrives in. A stream that says anything else is malformed
 * from there on, and so is one that is not signed as it has to be; it holds at most one message's worth of bytes.
 */
export class PresenceReader {
  readonly #seal: PresenceSeal | undefined;
  #pending = new Uint8Array(0);
  #isMalformed = false;

  /** With a seal only what is signed by it is read. */
  constructor(seal?: PresenceSeal) {
    this.#seal = seal;
  }

  get isMalformed(): boolean {
    return this.#isMalformed;
  }

  /** The messages that are complete with `piece`. */
  read(piece: Uint8Array): PresenceMessage[] {
    const messages: PresenceMessage[] = [];
    let bytes = new Uint8Array(this.#pending.length + piece.length);
    bytes.set(this.#pending);
    bytes.set(piece, this.#pending.length);
    while (!this.#isMalformed && bytes.length >= LengthBytes) {
      const end = LengthBytes + new DataView(bytes.buffer, bytes.byteOffset).getUint16(0);
      if (end > LongestMessage) this.#isMalformed = true;
      if (end > bytes.length) break;
      const body = bytes.subarray(LengthBytes, end);
      const content = this.#seal === undefined ? body : this.#seal.open(body);
      const message = content && decode(content);
      if (message === undefined) this.#isMalformed = true;
      else messages.push(message);
      bytes = bytes.subarray(end);
    }
    this.#pending = this.#isMalformed ? new Uint8Array(0) : bytes;
    return messages;
  }
}

function decode(body: Uint8Array): PresenceMessage | undefined {
  let message: baton.presence.Presence;
  try {
    message = baton.presence.Presence.decode(body);
  } catch {
    return undefined;
  }
  if (message.body === 'goodbye') return { kind: 'goodbye' };
  const { introduction, challenge } = message;
  if (message.body === 'challenge') return readChallenge(challenge?.nonce);
  if (introduction === null || introduction === undefined) return undefined;
  return readIntroduction(introduction);
}

function readIntroduction(
  introduction: baton.presence.Introduction.$Properties,
): Introduction | undefined {
  const node = introduction.node ?? '';
  const routers = introduction.routers ?? [];
  if (!isNodeName(node) || routers.length > MostRouters) return undefined;
  const known: PeerRouter[] = [];
  for (const { virtualRouterId, address, priority } of routers) {
    const from = addressFromBytes(address ?? new Uint8Array(0));
    if (from === undefined) return undefined;
    known.push({
      virtualRouterId: virtualRouterId ?? 0,
      address: from,
      priority: priority ?? 0,
    });
  }
  return { kind: 'introduction', node, routers: known };
}

function readChallenge(nonce: Uint8Array | null | undefined): PresenceChallenge | undefined {
  const length = nonce?.length ?? 0;
  if (!nonce || length < NonceLength.least || length > NonceLength.most) return undefined;
  return { kind: 'challenge', nonce: Uint8Array.from(nonce) };
}
