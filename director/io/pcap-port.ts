import { Buffer } from 'node:buffer';

import { IoError } from '../base/errors.js';
import type { Interface } from '../core/interfaces.js';
import { describeMac, type MacAddress } from '../wire/ethernet.js';
import { Headroom, LargestFrame, Packet } from '../wire/packet.js';
import { Capture } from './capture.js';
import type { FramePort, PortCounters } from './frame-port.js';
import { loadCap, type CapConstructor } from './native.js';

/** Kernel buffer for frames that wait to be read: some 2,500 of up to 1,500 bytes. */
const CaptureBufferBytes = 4 * 1024 * 1024;
/**
 * The longest that frames keep the event loop from its other work, and how often the clock is asked meanwhile. In this time
 * a core deals with five times as many frames as are then shed.
 */
const LongestBatchMs = 50;
const FramesPerLook = 16;

/**
 * The portable packet driver: libpcap captures and injects whole frames. It sees what others send, not what this node
 * sends, and leaves out VRRP and other multicast, which have sockets of their own.
 *
 * libpcap calls back once for each frame, and its binding reads on as long as frames wait. When they come faster than they
 * are dealt with, that is for ever, and every other socket of the process starves. So when a batch has lasted too long the
 * port sheds frames, which takes next to no time, until none waits any more. As many frames would be lost otherwise, in the
 * kernel's full buffer.
 *
 * `virtualMacs` are further MAC addresses that this node sends from.
 */
export async function openPcapPort(
  owner: Interface,
  receive: (packet: Packet) => void,
  virtualMacs: readonly MacAddress[] = [],
): Promise<FramePort> {
  const Cap = await loadCap();
  return new PcapPort(Cap, owner, captureFilter([owner.mac, ...virtualMacs]), receive);
}

class PcapPort implements FramePort {
  readonly counters: PortCounters = { sent: 0, fast: 0, refused: 0, shed: 0 };
  /** The library does not tell. */
  readonly waiting = 0;
  readonly #capture: Capture;
  /** Views for sending, by packet and start: a frame is sent from where it lies, without copying or allocating. */
  readonly #views = new WeakMap<Packet, Map<number, Buffer>>();
  /** Frames since the event loop had its turn, and when the first of them came. */
  #batch = 0;
  #batchStart = 0;
  #isShedding = false;

  constructor(
    Cap: CapConstructor,
    owner: Interface,
    filter: string,
    receive: (packet: Packet) => void,
  ) {
    const packet = new Packet();
    const memory = Buffer.from(packet.bytes.buffer, Headroom, LargestFrame);
    const options = { device: owner.name, filter, bufferBytes: CaptureBufferBytes, memory };
    try {
      this.#capture = new Capture(Cap, options, (length) => {
        if (!this.#admits()) return;
        packet.start = Headroom;
        packet.end = Headroom + length;
        receive(packet);
      });
    } catch (cause) {
      throw captureError(owner.name, cause);
    }
  }

  send(packet: Packet): void {
    try {
      this.#capture.send(this.#view(packet), packet.length);
      this.counters.sent += 1;
    } catch {
      this.counters.refused += 1;
    }
  }

  reopen(): void {
    this.#capture.reopen();
  }

  close(): void {
    this.#capture.close();
  }

  /** False when the batch has lasted too long: the frame is shed. */
  #admits(): boolean {
    if (this.#isShedding) {
      this.counters.shed += 1;
      return false;
    }
    if (this.#batch === 0) {
      this.#batchStart = performance.now();
      setImmediate(() => {
        this.#batch = 0;
        this.#isShedding = false;
      });
    }
    this.#batch += 1;
    if (this.#batch % FramesPerLook === 0) {
      this.#isShedding = performance.now() - this.#batchStart > LongestBatchMs;
    }
    return true;
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

/**
 * Everything for our MAC addresses and for the link, but no multicast except that of neighbour discovery, and no VLAN. What this node
 * sends is known by where it comes from: libpcap's word for it, `inbound`, costs the first frame in libpcap 1.10.
 */
const captureFilter = (ownMacs: readonly MacAddress[]): string =>
  ownMacs.map((mac) => `not ether src ${describeMac(mac)} and `).join('') +
  '(arp or (ip and not ip multicast) or (ip6 and (not ip6 multicast or icmp6))) and not vlan';

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
