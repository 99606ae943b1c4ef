import { baton } from '#proto/presence.js';

import { addressBytes, addressFromBytes, type IpAddress } from '../../director/base/address.js';
import { isNodeName } from './message.js';

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

export type PresenceMessage = Introduction | Goodbye;

const LengthBytes = 2;
/** Room for an introduction with 255 virtual routers. */
const LongestMessage = 8_192;
const MostRouters = 255;

/** A message with its length in front. */
export function encodePresence(message: PresenceMessage): Uint8Array {
  const body = baton.presence.Presence.encode(
    message.kind === 'goodbye'
      ? { goodbye: {} }
      : {
          introduction: {
            node: message.node,
            routers: message.routers.map((router) => ({
              ...router,
              address: addressBytes(router.address),
            })),
          },
        },
  ).finish();
  const framed = new Uint8Array(LengthBytes + body.length);
  new DataView(framed.buffer).setUint16(0, body.length);
  framed.set(body, LengthBytes);
  return framed;
}

/**
 * Cuts a presence stream into messages, whatever pieces it arrives in. A stream that says anything else is malformed
 * from there on; it holds at most one message's worth of bytes.
 */
export class PresenceReader {
  #pending = new Uint8Array(0);
  #isMalformed = false;

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
      const message = decode(bytes.subarray(LengthBytes, end));
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
  const { introduction } = message;
  if (introduction === null || introduction === undefined) return undefined;
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
