import { Buffer } from 'node:buffer';

import { IoError } from '../base/errors.js';
import type { Interface } from '../core/interfaces.js';
import { describeMac } from '../wire/ethernet.js';
import { Headroom, LargestFrame, Packet } from '../wire/packet.js';
import type { FramePort, PortCounters } from './frame-port.js';
import { loadCap, type CapConstructor } from './native.js';

/** Kernel buffer for frames that wait to be read. */
const CaptureBufferBytes = 8 * 1024 * 1024;

/**
 * The portable packet driver: libpcap captures and injects whole frames. It sees what others send, not what this node
 * sends, and leaves out VRRP and other multicast, which have sockets of their own.
 *
 * libpcap calls back once for each frame and reads on as long as frames wait, so the callback, not the event loop, must
 * see to it that timers are served under load.
 */
export async function openPcapPort(
  owner: Interface,
  receive: (packet: Packet) => void,
): Promise<FramePort> {
  const Cap = await loadCap();
  return new PcapPort(Cap, owner, receive);
}

class PcapPort implements FramePort {
  readonly counters: PortCounters = { sent: 0, refused: 0 };
  readonly #cap: InstanceType<CapConstructor>;
  /** Views for sending, by packet and start: a frame is sent from where it lies, without copying or allocating. */
  readonly #views = new WeakMap<Packet, Map<number, Buffer>>();

  constructor(Cap: CapConstructor, owner: Interface, receive: (packet: Packet) => void) {
    const packet = new Packet();
    const memory = Buffer.from(packet.bytes.buffer, Headroom, LargestFrame);
    this.#cap = new Cap();
    try {
      this.#cap.open(owner.name, captureFilter(owner), CaptureBufferBytes, memory);
    } catch (cause) {
      throw captureError(owner.name, cause);
    }
    this.#cap.on('packet', (length: number) => {
      packet.start = Headroom;
      packet.end = Headroom + length;
      receive(packet);
    });
  }

  send(packet: Packet): void {
    try {
      this.#cap.send(this.#view(packet), packet.length);
      this.counters.sent += 1;
    } catch {
      this.counters.refused += 1;
    }
  }

  close(): void {
    this.#cap.close();
  }

  #view(packet: Packet): Buffer {
    let views = this.#views.get(packet);
    if (views === undefined) {
      views = new Map();
      this.#views.set(packet, views);
    }
    let view = views.get(packet.start);
    if (view === undefined) {
      view = Buffer.from(packet.bytes.buffer, packet.start);
      views.set(packet.start, view);
    }
    return view;
  }
}

/** Everything for our MAC address and for the link, but no multicast except that of neighbour discovery. */
const captureFilter = (owner: Interface): string =>
  `not ether src ${describeMac(owner.mac)} and ` +
  '(arp or (ip and not ip multicast) or (ip6 and (not ip6 multicast or icmp6)))';

function captureError(device: string, cause: unknown): IoError {
  const text = cause instanceof Error ? cause.message : String(cause);
  if (/permission|not permitted/i.test(text)) {
    return new IoError(
      { code: 'missing-capability' },
      `capturing on ${device} needs the capability CAP_NET_RAW; run as root`,
      { cause },
    );
  }
  return new IoError({ code: 'capture' }, `cannot capture on ${device}: ${text}`, { cause });
}
