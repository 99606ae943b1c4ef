import type { IpAddress } from '../../director/base/address.js';
import type { Instant } from '../../director/base/time.js';
import { Admission, type AdmissionReject } from './admission.js';
import type { DatagramReject } from './body-reader.js';
import { decodeDatagram } from './codec.js';
import type { KeyRing } from './key-ring.js';
import type { Datagram } from './message.js';
import type { Outbox } from './outbox.js';
import type { PeerStream } from './peer-stream.js';
import type { PeerReject, SyncReceiver } from './receiver.js';
import { verify, type SignatureReject } from './signature.js';

/** Why a received datagram had no effect. */
export type SyncReject =
  | DatagramReject
  | SignatureReject
  | AdmissionReject
  | PeerReject
  | 'not-running'
  | 'other-sync-id'
  | 'own-datagram'
  | 'own-name'
  | 'not-for-us'
  | 'no-keys'
  | 'never-sent'
  | 'table-not-complete'
  | 'table-behind';

/** What a peer has said. */
export interface Received {
  readonly peer: PeerStream;
  readonly body: Datagram['body'];
}

/**
 * Where everything that session sync receives passes, cheapest check first: the signature, the fields, whose it is, and
 * whether that life of it may speak. What does not get through is counted by its reason and changes nothing else.
 */
export class Inbox {
  /** Datagrams of peers. */
  datagrams = 0;
  readonly rejected = new Map<SyncReject, number>();
  /** Present when messages are signed. */
  readonly admission: Admission | undefined;

  readonly #outbox: Outbox;
  readonly #receiver: SyncReceiver;
  readonly #keys: KeyRing | undefined;
  readonly #proven: (now: Instant, source: IpAddress) => void;

  /** `proven` is called when a peer has shown that it runs now. */
  constructor(
    outbox: Outbox,
    receiver: SyncReceiver,
    keys: KeyRing | undefined,
    proven: (now: Instant, source: IpAddress) => void,
  ) {
    this.#outbox = outbox;
    this.#receiver = receiver;
    this.#keys = keys;
    this.#proven = proven;
    this.admission = keys && new Admission(outbox);
  }

  /** What a peer says in a UDP payload, or undefined: then it has been counted, or belonged to the handshake. */
  receive(now: Instant, bytes: Uint8Array, source: IpAddress): Received | undefined {
    const received = this.#read(now, bytes, source);
    if (typeof received !== 'string') return received;
    this.reject(received);
    return undefined;
  }

  reject(reason: SyncReject): void {
    this.rejected.set(reason, (this.rejected.get(reason) ?? 0) + 1);
  }

  #read(now: Instant, bytes: Uint8Array, source: IpAddress): Received | SyncReject | undefined {
    const signed = this.#keys ? verify(this.#keys, bytes) : { content: bytes, counter: 0 };
    if (typeof signed === 'string') return signed;
    const datagram = decodeDatagram(signed.content);
    if (datagram.kind === 'rejected') return datagram.reason;
    const { syncId, node, epoch } = this.#outbox.envelope;
    if (datagram.syncId !== syncId) return 'other-sync-id';
    if (datagram.node === node) return datagram.epoch === epoch ? 'own-datagram' : 'own-name';
    const { body } = datagram;
    if (body.kind === 'challenge' || body.kind === 'response') {
      return this.#shakeHands(now, datagram, signed.counter, source);
    }
    const refusal = this.admission?.admit(now, datagram, signed.counter, source);
    if (refusal !== undefined) return refusal;
    const peer = this.#receiver.hear(now, datagram, source, this.admission !== undefined);
    if (typeof peer === 'string') return peer;
    this.datagrams += 1;
    return { peer, body };
  }

  #shakeHands(
    now: Instant,
    datagram: Datagram,
    counter: number,
    source: IpAddress,
  ): SyncReject | undefined {
    const { admission } = this;
    if (admission === undefined) return 'no-keys';
    if (datagram.body.kind === 'response') {
      if (!admission.prove(datagram, datagram.body, counter)) return 'not-for-us';
      this.#proven(now, source);
      return undefined;
    }
    const refusal = admission.admit(now, datagram, counter, source);
    if (refusal === 'replayed') return refusal;
    // Who asks may itself be new here, and then has just been asked as well.
    admission.answer(datagram, counter, source);
    return undefined;
  }
}
