import type { IpAddress } from '../../director/base/address.js';
import { parseAddress } from '../../director/base/address.js';
import { IoError } from '../../director/base/errors.js';
import { assert, unreachable } from '../../director/base/invariant.js';
import type { Log } from '../../director/base/log.js';
import type { Director } from '../../director/core/director.js';
import { ownAddress, type Interface } from '../../director/core/interfaces.js';
import { announce } from '../../director/core/solicit.js';
import type { VrrpMessage, VrrpPort } from '../../director/io/vrrp-port.js';
import { openVrrpSocket } from '../../director/io/vrrp-socket.js';
import type { VirtualAddress, VrrpInstanceConfig } from '../config/vrrp-config.js';
import type { Introduction, PeerRouter } from '../sync/presence-codec.js';
import { decodeAdvertisement, encodeAdvertisement } from '../vrrp/advertisement.js';
import type { ElectionEffect } from '../vrrp/election-effects.js';
import { Election } from '../vrrp/election.js';
import { toCentiseconds } from '../vrrp/timers.js';
import { now } from './clock.js';
import { requireInterface } from './data-plane.js';
import type { Timeline } from './timeline.js';

/** The rest of the node, as a virtual router needs it. */
export interface RouterPorts {
  readonly director: Director;
  readonly timeline: Timeline;
  readonly log: Log;
  /** The election has had an input: deadlines and effects are to be looked at. */
  changed(): void;
  becameMaster(): void;
  /** This node was master and is not any more; its addresses are released. */
  resigned(): void;
  /** The connection table may lack changes; the election waits for `allowPreemption`. */
  stale(): void;
}

/** One VRRP instance at the edge: its election, its socket and the addresses that follow its state. */
export class VirtualRouter {
  readonly config: VrrpInstanceConfig;
  readonly election: Election;
  readonly #ports: RouterPorts;
  readonly #address: IpAddress;
  readonly #group: IpAddress;
  readonly #advertised: readonly IpAddress[];
  #socket: VrrpPort | undefined;

  private constructor(config: VrrpInstanceConfig, address: IpAddress, ports: RouterPorts) {
    const group = parseAddress('224.0.0.18');
    assert(group !== undefined, 'the VRRP group is an address');
    this.config = config;
    this.#address = address;
    this.#group = group;
    this.#ports = ports;
    this.#advertised = config.virtualAddresses.map((virtual) => virtual.address);
    this.election = new Election(
      {
        ...config,
        primaryAddress: address,
        addresses: this.#advertised,
        inSyncGroup: false,
      },
      ports.log,
    );
  }

  static async open(
    config: VrrpInstanceConfig,
    interfaces: readonly Interface[],
    ports: RouterPorts,
  ): Promise<VirtualRouter> {
    const { device } = config;
    const first = config.virtualAddresses[0];
    assert(first !== undefined, 'a virtual router has an address');
    const address = ownAddress(requireInterface(interfaces, device), first.address);
    if (address === undefined) {
      throw new IoError({ code: 'no-address' }, `${device} has no address to send VRRP from`);
    }
    const router = new VirtualRouter(config, address, ports);
    const { mac } = requireInterface(interfaces, device);
    const options = { device, mac, source: address, group: router.#group, ttl: 255 };
    router.#socket = await openVrrpSocket(options, (message) => router.#receive(message));
    return router;
  }

  /** What peers are told of this virtual router when they meet this node. */
  get presence(): PeerRouter {
    const { virtualRouterId, priority } = this.config;
    return { virtualRouterId, priority, address: this.#address };
  }

  /** A peer is proven dead; `survivors` are known to live. */
  handlePeerDeath(peer: Introduction, survivors: readonly Introduction[]): void {
    const candidates = survivors
      .flatMap(({ routers }) => routers)
      .filter(({ virtualRouterId }) => virtualRouterId === this.config.virtualRouterId);
    for (const { virtualRouterId, address } of peer.routers) {
      if (virtualRouterId !== this.config.virtualRouterId) continue;
      this.election.handlePeerDeath(now(), address, candidates);
    }
  }

  close(): void {
    this.#socket?.close();
  }

  /** Carries out what the election decided, in its order. */
  applyEffects(): void {
    for (const effect of this.election.effects.splice(0)) this.#apply(effect);
  }

  #receive(message: VrrpMessage): void {
    const decoded = decodeAdvertisement(message.bytes, message, { version: 3 });
    if (decoded.kind === 'rejected') this.election.handleRejected(decoded.reason);
    else if (decoded.virtualRouterId === this.config.virtualRouterId) {
      this.election.handleAdvertisement(now(), decoded);
    }
    this.#ports.changed();
  }

  #apply(effect: ElectionEffect): void {
    switch (effect.kind) {
      case 'advertise':
        this.#advertise(effect.priority);
        break;
      case 'acquire-addresses':
        this.#setLive(true);
        break;
      case 'release-addresses':
        this.#setLive(false);
        this.#ports.resigned();
        break;
      case 'announce-addresses':
        this.#announce(effect.repeat);
        break;
      case 'stale':
        this.#ports.stale();
        break;
      case 'state':
        if (effect.to !== 'initialize') {
          this.#ports.timeline.add(effect.to, stateText(this.config.name, effect));
        }
        if (effect.to === 'master') this.#ports.becameMaster();
        break;
      default:
        unreachable(effect);
    }
  }

  #advertise(priority: number): void {
    const { virtualRouterId, advertInterval } = this.config;
    const fields = {
      virtualRouterId,
      priority,
      intervalCentiseconds: toCentiseconds(advertInterval),
      addresses: this.#advertised,
    };
    this.#socket?.send(encodeAdvertisement(fields, this.#address, this.#group), this.#group);
  }

  /** The addresses that the master answers for: those in the advertisement, and those kept out of it. */
  #held(): readonly VirtualAddress[] {
    return [...this.config.virtualAddresses, ...this.config.excludedAddresses];
  }

  #setLive(isLive: boolean): void {
    for (const { address } of this.#held()) {
      this.#ports.director.setLive(address, isLive);
    }
  }

  #announce(repeat: number): void {
    const { director, timeline } = this.#ports;
    for (let round = 0; round < repeat; round += 1) {
      for (const { address } of this.#held()) {
        const floating = director.findFloating(address);
        if (floating !== undefined) announce(director, floating);
      }
    }
    timeline.add('gratuitous-arp', this.#advertised.join(', '));
  }
}

const stateText = (name: string, change: Extract<ElectionEffect, { kind: 'state' }>): string =>
  `${name}: ${change.detail ?? change.reason}`;
