import type { Interface } from '../core/interfaces.js';
import { sumOf, type PortCounters } from '../io/frame-port.js';
import type { DevicePort } from '../io/ring-device.js';
import { RingPort, wholeSight, type RingGroups } from '../io/ring-port.js';
import type { MacAddress } from '../wire/ethernet.js';
import type { Packet } from '../wire/packet.js';
import type { CarrierPool } from './carrier-pool.js';

/** A ring port whose frames carrier threads may have a share of. */
export class CarrierPort implements DevicePort {
  readonly owner: Interface;
  readonly ownMacs: readonly MacAddress[];
  readonly ring: RingPort;
  /** What becomes of a frame that is not carried. */
  readonly receive: (packet: Packet) => void;
  /** Its number among the pool's ports. */
  readonly number: number;
  readonly #pool: CarrierPool;
  #groups: RingGroups | undefined;
  #isClosed = false;

  /** Throws an `IoError` when the kernel refuses something. `virtualMacs` are further addresses that this node sends from. */
  constructor(
    pool: CarrierPool,
    owner: Interface,
    receive: (packet: Packet) => void,
    virtualMacs: readonly MacAddress[],
  ) {
    this.#pool = pool;
    this.owner = owner;
    this.receive = receive;
    this.ownMacs = [owner.mac, ...virtualMacs];
    const take = (packet: Packet): void => pool.take(packet, this);
    this.ring = new RingPort(pool.hub, owner, take, wholeSight(this.ownMacs));
    try {
      this.number = pool.add(this);
    } catch (error) {
      this.ring.close();
      throw error;
    }
    pool.share(this);
  }

  get counters(): PortCounters {
    return sumOf([this.ring.counters, this.#pool.countersOf(this)]);
  }

  /** Those of the main thread: others keep up with what they carry. */
  get waiting(): number {
    return this.ring.waiting;
  }

  get isCurrent(): boolean {
    return this.ring.isCurrent;
  }

  /** The groups that threads join with rings of their own. Throws an `IoError` when the kernel refuses. */
  get groups(): RingGroups {
    this.#groups ??= this.ring.found();
    return this.#groups;
  }

  send(packet: Packet): void {
    this.ring.send(packet);
  }

  reopen(): void {
    this.ring.reopen();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#pool.remove(this);
    this.ring.close();
  }
}
