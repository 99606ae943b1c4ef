import { assemble } from '../bpf/assembler.js';
import { ipv4Filter } from '../bpf/socket-filter.js';
import type { Interface } from '../core/interfaces.js';
import type { FramePort, PortCounters } from '../io/frame-port.js';
import { dataPlaneFilter } from '../io/packet-filter.js';
import { EtherProtocol } from '../io/packet-socket.js';
import type { DevicePort } from '../io/ring-device.js';
import type { RingHub } from '../io/ring-hub.js';
import { RingPort } from '../io/ring-port.js';
import type { MacAddress } from '../wire/ethernet.js';
import type { Packet } from '../wire/packet.js';
import type { Attachment, KernelOffload } from './kernel-offload.js';

/**
 * A ring port on an interface where the kernel carries flows. Packet sockets for all protocols see frames before programs
 * do, so IPv4 has a socket of its own: it sees what is left.
 */
export class OffloadPort implements DevicePort {
  readonly #ipv4: RingPort;
  readonly #others: RingPort;
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
    const filter = offload.loadFilter(assemble(ipv4Filter(ownMacs)));
    const opened: FramePort[] = [];
    try {
      this.#ipv4 = new RingPort(hub, owner, receive, { protocol: EtherProtocol.ipv4, filter });
      opened.push(this.#ipv4);
      this.#others = new RingPort(hub, owner, receive, {
        protocol: EtherProtocol.all,
        filter: dataPlaneFilter(ownMacs, { leavesOutIpv4: true }),
      });
      opened.push(this.#others);
      this.#attachment = offload.attach(owner.index, hub.libc.if_nametoindex(owner.name));
    } catch (error) {
      for (const port of opened) port.close();
      throw error;
    } finally {
      // The socket keeps it.
      offload.bpf.close(filter);
    }
  }

  get counters(): PortCounters {
    const [one, other] = [this.#ipv4.counters, this.#others.counters];
    return {
      sent: one.sent + other.sent,
      refused: one.refused + other.refused,
      shed: one.shed + other.shed,
    };
  }

  get isCurrent(): boolean {
    return this.#ipv4.isCurrent;
  }

  send(packet: Packet): void {
    this.#ipv4.send(packet);
  }

  reopen(): void {
    this.#ipv4.reopen();
    this.#others.reopen();
  }

  close(): void {
    this.#attachment.close();
    this.#ipv4.close();
    this.#others.close();
  }
}
