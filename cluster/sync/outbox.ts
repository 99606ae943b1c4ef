import type { IpAddress } from '../../director/base/address.js';
import { encodeDatagram, type Envelope } from './codec.js';
import type { SyncEffect } from './effects.js';
import type { MessageBody } from './message.js';

/** Where everything that session sync sends passes: it is put into this node's envelope, counted, and made an effect. */
export class Outbox {
  datagrams = 0;
  readonly envelope: Envelope;
  readonly #effects: SyncEffect[];

  constructor(envelope: Envelope, effects: SyncEffect[]) {
    this.envelope = envelope;
    this.#effects = effects;
  }

  /** Sends a message to one node, or to the group, and gives the bytes for sending them again. */
  send(body: MessageBody, to?: IpAddress): Uint8Array {
    const bytes = encodeDatagram(this.envelope, body);
    this.sendBytes(bytes, to);
    return bytes;
  }

  sendBytes(bytes: Uint8Array, to?: IpAddress): void {
    this.datagrams += 1;
    this.#effects.push(to === undefined ? { kind: 'send', bytes } : { kind: 'send', bytes, to });
  }
}
