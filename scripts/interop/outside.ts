import { Buffer } from 'node:buffer';
import { EventEmitter, once } from 'node:events';

import type { Cap } from 'cap';

import type { IpAddress } from '../../director/base/address.js';
import { IoError } from '../../director/base/errors.js';
import { loadCap } from '../../director/io/native.js';
import { Protocol, readFrame, type RecordedPacket } from '../oracle/frame.js';
import { answerTo, type Neighbours } from '../oracle/neighbour-answers.js';
import { echoRequest, frameOf, macOf } from './frames.js';

const CaptureBufferBytes = 8 * 1024 * 1024;
const LargestFrame = 65_553;

/** A guest answers in about a millisecond; one that is late is asked again. */
const EchoTimeoutMs = 300;
const MostEchoes = 20;

/** A frame and when it was sent or came, in microseconds since 1970. */
export interface TimedFrame {
  readonly at: number;
  readonly bytes: Uint8Array;
}

/** What `Outside` is on. */
export interface OutsideOptions {
  readonly tap: string;
  readonly guestMac: string;
  /** An address of the guest for each family, and one outside that nothing else uses. */
  readonly addresses: Readonly<Record<AddressFamily, { guest: IpAddress; outside: IpAddress }>>;
}

export type AddressFamily = 'ipv4' | 'ipv6';

/**
 * Everything that a guest can see through its link: a host for every address there is, each with a MAC address of its
 * own (`macOf`). It answers when the guest asks for them, sends what it is told, and keeps what the guest sends.
 */
export class Outside {
  readonly #cap: Cap;
  readonly #options: OutsideOptions;
  readonly #echoes = new EventEmitter();
  /** Is told of every frame, either way, but for what `take` leaves out. */
  listener: ((frame: TimedFrame) => void) | undefined;
  #heard: RecordedPacket[] = [];
  #frames = 0;
  #sequence = 0;

  private constructor(cap: Cap, options: OutsideOptions) {
    this.#cap = cap;
    this.#options = options;
  }

  static async open(options: OutsideOptions): Promise<Outside> {
    const Constructor = await loadCap();
    const cap = new Constructor();
    const outside = new Outside(cap, options);
    const buffer = Buffer.alloc(LargestFrame);
    try {
      cap.open(options.tap, `ether src ${options.guestMac}`, CaptureBufferBytes, buffer);
    } catch (cause) {
      throw new IoError({ code: 'capture' }, `cannot capture on ${options.tap}`, { cause });
    }
    cap.on('packet', (length: number) => outside.#receive(buffer.subarray(0, length)));
    return outside;
  }

  /** Sends an IP packet to the guest, from the host that has its source address. */
  send(packet: Uint8Array, from: IpAddress): void {
    this.sendTo(this.#options.guestMac, packet, from);
  }

  /** Sends an IP packet to a MAC address, such as a multicast group's. */
  sendTo(mac: string, packet: Uint8Array, from: IpAddress): void {
    const bytes = frameOf(packet, macOf(from), mac);
    this.listener?.({ at: microseconds(), bytes });
    this.#transmit(bytes);
  }

  /** What the guest has sent since the last call, but for neighbour discovery and answers to `barrier`. */
  take(): RecordedPacket[] {
    const heard = this.#heard;
    this.#heard = [];
    return heard;
  }

  /**
   * Returns when the guest has dealt with everything that was sent before: it answers a ping, and it deals with one frame
   * after the other.
   */
  async barrier(family: AddressFamily = 'ipv4'): Promise<void> {
    const { guest, outside } = this.#options.addresses[family];
    const ends = { source: outside, sourcePort: 0, destination: guest, destinationPort: 0 };
    for (let attempt = 0; attempt < MostEchoes; attempt += 1) {
      this.#sequence = (this.#sequence + 1) & 0xffff;
      const signal = AbortSignal.timeout(EchoTimeoutMs);
      const answered = once(this.#echoes, String(this.#sequence), { signal });
      const ping = echoRequest(ends, this.#sequence);
      this.#transmit(frameOf(ping, macOf(outside), this.#options.guestMac));
      const isAnswered = await answered.then(
        () => true,
        () => false,
      );
      if (isAnswered) return;
    }
    throw new IoError({ code: 'guest' }, 'the guest does not answer a ping');
  }

  close(): void {
    this.#cap.close();
  }

  #receive(bytes: Buffer): void {
    this.#frames += 1;
    const frame = Uint8Array.from(bytes);
    const answer = answerTo(frame, everybody);
    if (answer !== undefined) {
      this.#transmit(answer);
      return;
    }
    const at = microseconds();
    const packet = readFrame({ number: this.#frames, at, bytes: frame, isCut: false });
    if (packet === undefined) return;
    const echo = echoSequence(packet);
    if (echo !== undefined) {
      this.#echoes.emit(String(echo));
      return;
    }
    this.#heard.push(packet);
    this.listener?.({ at, bytes: frame });
  }

  #transmit(frame: Uint8Array): void {
    const buffer = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength);
    this.#cap.send(buffer, frame.length);
  }
}

/** The time since 1970, which never goes back. */
export const microseconds = (): number =>
  Math.floor((performance.timeOrigin + performance.now()) * 1_000);

/** A host for every address there is. */
const everybody: Neighbours = { get: macOf };

const EchoReply = { ipv4: 0, ipv6: 129 } as const;

/** The sequence number of an answer to a ping, or undefined for any other packet. */
function echoSequence({ bytes, header }: RecordedPacket): number | undefined {
  const { protocol, payload } = header;
  const isIcmp = protocol === Protocol.icmp || protocol === Protocol.icmpv6;
  const reply = header.isIpv6 ? EchoReply.ipv6 : EchoReply.ipv4;
  if (!isIcmp || bytes[payload] !== reply) return undefined;
  return (bytes[payload + 6] ?? 0) * 256 + (bytes[payload + 7] ?? 0);
}
