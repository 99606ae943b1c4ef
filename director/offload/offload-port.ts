import { assemble } from '../bpf/assembler.js';
import { protocolFilter, type FilteredProtocol } from '../bpf/socket-filter.js';
import type { Interface } from '../core/interfaces.js';
import { sumOf, type PortCounters } from '../io/frame-port.js';
import { EtherProtocol } from '../io/packet-socket.js';
import type { DevicePort } from '../io/ring-device.js';
import type { RingHub } from '../io/ring-hub.js';
import { RingPort, wholeSight } from '../io/ring-port.js';
import type { FrameLengths, MacAddress } from '../wire/ethernet.js';
import type { Packet } from '../wire/packet.js';
import type { Attachment, KernelOffload } from './kernel-offload.js';

/**
 * A ring port on an interface where the kernel carries flows. Of the program in an interface's driver it sees what is left.
 * With the one at the ingress of traffic control that is not so: packet sockets for all protocols see frames before, and cost
 * something even where they want none of them, so each protocol has a socket of its own.
 */
export class OffloadPort implements DevicePort {
  /** The first one sends. */
  readonly #rings: readonly [RingPort, ...RingPort[]];
  readonly #attachment: Attachment;

  /** Throws an `IoError` when the kernel refuses something. `virtualMacs` are further addresses that this node sends from. */
  constructor(
    parts: { readonly hub: RingHub; readonly offload: KernelOffload },
    owner: Interface,
    receive: (packet: Packet) => void,
    virtualMacs: readonly MacAddress[],
  ) {
    const { hub, offload } = parts;
    const ownMacs = [owner.mac, ...virtualMacs];
    this.#rings =
      offload.hook === 'xdp'
        ? [new RingPort(hub, owner, receive, wholeSight(ownMacs))]
        : openEach(parts, owner, receive, ownMacs);
    try {
      this.#attachment = offload.attach(owner, hub.libc.if_nametoindex(owner.name), virtualMacs);
    } catch (error) {
      for (const ring of this.#rings) ring.close();
      throw error;
    }
  }

  get counters(): PortCounters {
    return sumOf(this.#rings.map(({ counters }) => counters));
  }

  get waiting(): number {
    return this.#rings.reduce((sum, { waiting }) => sum + waiting, 0);
  }

  get isCurrent(): boolean {
    return this.#rings[0].isCurrent;
  }

  send(packet: Packet): void {
    this.#rings[0].send(packet);
  }

  reopen(): void {
    for (const ring of this.#rings) ring.reopen();
  }

  close(): void {
    this.#attachment.close();
    for (const ring of this.#rings) ring.close();
  }
}

/** One for each protocol, after the program. */
function openEach(
  { hub, offload }: { readonly hub: RingHub; readonly offload: KernelOffload },
  owner: Interface,
  receive: (packet: Packet) => void,
  ownMacs: readonly MacAddress[],
): [RingPort, ...RingPort[]] {
  const opened: RingPort[] = [];
  const open = (protocol: FilteredProtocol): RingPort => {
    const isSender = opened.length === 0;
    const filters: number[] = [];
    const filterOf = (lengths: FrameLengths): number => {
      const filter = offload.loadFilter(assemble(protocolFilter(protocol, ownMacs, lengths)));
      filters.push(filter);
      return filter;
    };
    try {
      const sight = { protocol: EtherProtocol[protocol], filterOf };
      const ring = new RingPort(hub, owner, receive, sight, { isSender });
      opened.push(ring);
      return ring;
    } finally {
      // The sockets keep them.
      for (const filter of filters) offload.bpf.close(filter);
    }
  };
  try {
    return [open('ipv4'), open('ipv6'), open('arp')];
  } catch (error) {
    for (const ring of opened) ring.close();
    throw error;
  }
}
