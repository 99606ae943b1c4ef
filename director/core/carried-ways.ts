import { pathOfReplies, pathOfRequests, isCarriable, seesReplies } from './carriable.js';
import { Direction, type CarriedRecords } from './carried-records.js';
import type { Director } from './director.js';
import { emptyPath, type FlowPath } from './flow-table.js';
import type { Neighbour } from './neighbours.js';
import { Method } from './services.js';

/** Both ways of carried connections, as they are in the records of their slots, and as the director would have them now. */
export class CarriedWays {
  readonly #director: Director;
  readonly #records: CarriedRecords;
  readonly #devices: readonly number[];
  readonly #path: FlowPath = emptyPath();

  /** `devices` as in `OffloadPlace`. */
  constructor(director: Director, records: CarriedRecords, devices: readonly number[]) {
    this.#director = director;
    this.#records = records;
    this.#devices = devices;
  }

  /**
   * Writes both ways of a connection. False when that of requests is not known; that of replies may come later, because a client
   * that has never been answered may be nobody's neighbour yet.
   */
  write(index: number, slot: number): boolean {
    if (!this.#writeWay(index, slot, Direction.requests)) return false;
    if (seesReplies(this.#director, index)) this.#writeWay(index, slot, Direction.replies);
    return true;
  }

  /** True when answers pass here, too, and are not carried. */
  areHalf(index: number, slot: number): boolean {
    return !this.#records.hasReplies(slot) && seesReplies(this.#director, index);
  }

  /** True when it is known where answers go. */
  areAnswersKnown(index: number): boolean {
    return this.#describe(index, Direction.replies) !== undefined;
  }

  /** True when the connection may be carried as it is written. */
  areStillRight(index: number, slot: number): boolean {
    const { connections, virtualMacs } = this.#director;
    if (!isCarriable(this.#director, index)) return false;
    if (!this.#records.leadsThere(slot, this.#devices)) return false;
    // What else can change while neighbours stay: tunnels, and MAC addresses that wander.
    if (connections.methodOf(index) !== Method.tunnel && !virtualMacs.isUsed) return true;
    if (!this.#isAsWritten(index, slot, Direction.requests)) return false;
    return !this.#records.hasReplies(slot) || this.#isAsWritten(index, slot, Direction.replies);
  }

  #writeWay(index: number, slot: number, direction: number): boolean {
    const hop = this.#describe(index, direction);
    if (hop === undefined) return false;
    this.#records.write(slot, direction, this.#path, hop);
    return true;
  }

  #isAsWritten(index: number, slot: number, direction: number): boolean {
    if (this.#describe(index, direction) === undefined) return false;
    return this.#records.isAsWritten(slot, direction, this.#path);
  }

  /** Fills in the path of one way of a connection. Where that leads to, if it is known and may be gone. */
  #describe(index: number, direction: number): Neighbour | undefined {
    const path = this.#path;
    const describe = direction === Direction.requests ? pathOfRequests : pathOfReplies;
    const hop = describe(this.#director, index, path);
    path.device = hop === undefined ? 0 : (this.#devices[hop.interface.index] ?? 0);
    return path.device === 0 ? undefined : hop;
  }
}
