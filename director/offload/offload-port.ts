import { assemble } from '../bpf/assembler.js';
import { ipv4Filter } from '../bpf/socket-filter.js';
import type { Interface } from '../core/interfaces.js';
import type { PortCounters } from '../io/frame-port.js';
import { dataPlaneFilter } from '../io/packet-filter.js';
import { EtherProtocol } from '../io/packet-socket.js';
import type { DevicePort } from '../io/ring-device.js';
import type { RingHub } from '../io/ring-hub.js';
import { RingPort, wholeSight } from '../io/ring-port.js';
import type { MacAddress } from '../wire/ethernet.js';
import type { Packet } from '../wire/packet.js';
import type { Attachment, KernelOffload } from './kernel-offload.js';

/**
 * A ring port on an interface where the kernel carries flows. Of the program in an interface's driver it sees what is left.
 * With the one at the ingress of traffic control that is not so: packet sockets for all protocols see frames before, so
 * IPv4 has a socket of its own.
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
        : openPair(parts, owner, receive, ownMacs);
    try {
      this.#attachment = offload.attach(owner, hub.libc.if_nametoindex(owner.name));
    } catch (error) {
      for (const ring of this.#rings) ring.close();
      throw error;
    }
  }

  get counters(): PortCounters {
    const sum = { sent: 0, refused: 0, shed: 0 };
    for (const { counters } of this.#rings) {
      sum.sent += counters.sent;
      sum.refused += counters.refused;
      sum.shed += counters.shed;
    }
    return sum;
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

/** One for IPv4, after the program, and one for everything else. */
function openPair(
  { hub, offload }: { readonly hub: RingHub; readonly offload: KernelOffload },
  owner: Interface,
  receive: (packet: Packet) => void,
  ownMacs: readonly MacAddress[],
): [RingPort, RingPort] {
  const filter = offload.loadFilter(assemble(ipv4Filter(ownMacs)));
  const opened: RingPort[] = [];
  try {
    const ipv4 = new RingPort(hub, owner, receive, { protocol: EtherProtocol.ipv4, filter });
    opened.push(ipv4);
    const withoutIpv4 = dataPlaneFilter(ownMacs, { leavesOutIpv4: true });
    const sight = { protocol: EtherProtocol.all, filter: withoutIpv4 };
    return [ipv4, new RingPort(hub, owner, receive, sight)];
  } catch (error) {
    for (const ring of opened) ring.close();
    throw error;
  } finally {
    // The socket keeps it.
    offload.bpf.close(filter);
  }
}
