import type { IpAddress } from '../../director/base/address.js';
import { encodeDatagram, type Envelope } from './codec.js';
import type { SyncEffect } from './effects.js';
import type { KeyRing } from './key-ring.js';
import type { MessageBody } from './message.js';
import { sign } from './signature.js';

/**
 * Where everything that session sync sends passes: it is put into this node's envelope, signed when there are keys,
 * counted, and made an effect.
 */
export class Outbox {
  /** Datagrams sent, which is also the counter in the signature of the last one. */
  counter = 0;
  readonly envelope: Envelope;
  readonly #effects: SyncEffect[];
  readonly #keys: KeyRing | undefined;

  constructor(envelope: Envelope, effects: SyncEffect[], keys?: KeyRing) {
    this.envelope = envelope;
    this.#effects = effects;
    this.#keys = keys;
  }

  /** Sends a message to one node, or to the group, and gives the bytes for sending them again. */
  send(body: MessageBody, to?: IpAddress): Uint8Array {
    const bytes = encodeDatagram(this.envelope, body);
    this.sendBytes(bytes, to);
    return bytes;
  }

  /** Sends bytes once more: a repetition is signed anew, with a counter of its own, or it would count as a replay. */
  sendBytes(content: Uint8Array, to?: IpAddress): void {
    this.counter += 1;
    const bytes = this.#keys === undefined ? content : sign(this.#keys, content, this.counter);
    this.#effects.push(to === undefined ? { kind: 'send', bytes } : { kind: 'send', bytes, to });
  }
}
