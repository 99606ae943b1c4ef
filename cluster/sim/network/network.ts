import type { Prng } from '../../../director/base/prng.js';
import type { EventQueue } from '../event-queue.js';
import type { Host } from '../host/host.js';
import type { NetworkCard } from '../host/network-card.js';
import { Channel, type NetworkObserver, type NetworkParts } from './channel.js';
import { EthernetSwitch } from './ethernet-switch.js';

/** A cable: from a node's card to a port of a switch, with a channel for each direction. */
export interface Cable {
  readonly node: string;
  readonly network: string;
  readonly card: NetworkCard;
  readonly up: Channel;
  readonly down: Channel;
  readonly segment: EthernetSwitch;
  readonly port: number;
}

/** The switches and cables of a run. */
export class Network {
  readonly cables: Cable[] = [];
  readonly channels: Channel[] = [];
  readonly #segments = new Map<string, EthernetSwitch>();
  readonly #parts: NetworkParts;

  constructor(queue: EventQueue, prng: Prng, observer: NetworkObserver) {
    this.#parts = { queue, prng, observer };
  }

  addSegment(name: string): void {
    this.#segments.set(name, new EthernetSwitch(name, this.#parts));
  }

  get segments(): readonly EthernetSwitch[] {
    return [...this.#segments.values()];
  }

  /** Plugs a card of a host into the switch of a network. */
  plug(host: Host, card: NetworkCard, network: string): void {
    const segment = this.#segments.get(network);
    if (segment === undefined) return;
    const label = `${host.name}.${network}`;
    const down = this.#channel(`${label}<`, false, (frame) => host.receive(card, frame));
    const port = segment.connect(down);
    const up = this.#channel(`${label}>`, true, (frame) => segment.receive(port, frame));
    card.connect(up);
    this.cables.push({ node: host.name, network, card, up, down, segment, port });
  }

  cable(node: string, network: string): Cable | undefined {
    return this.cables.find((cable) => cable.node === node && cable.network === network);
  }

  cablesOf(node: string): readonly Cable[] {
    return this.cables.filter((cable) => cable.node === node);
  }

  /** Pulls a cable, or plugs it in again. */
  setCarrier(cable: Cable, isUp: boolean): void {
    cable.up.isUp = isUp;
    cable.down.isUp = isUp;
    if (!isUp) cable.segment.forget(cable.port);
  }

  #channel(name: string, isUpward: boolean, deliver: Channel['deliver']): Channel {
    const identity = { id: this.channels.length, name, isUpward };
    const channel = new Channel(identity, this.#parts, deliver);
    this.channels.push(channel);
    return channel;
  }
}
