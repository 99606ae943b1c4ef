import { IoError } from '../base/errors.js';
import type { Packet } from '../wire/packet.js';
import { sumOf, type FramePort, type PortCounters } from './frame-port.js';

/** A port that knows whether the device that it was opened on is still the one of its name. */
export interface DevicePort extends FramePort {
  readonly isCurrent: boolean;
}

/**
 * A device that a ring port is open on. The port outlives that the device is down, but not that it is removed: when another
 * device has come under its name, a new port takes its place.
 */
export class RingDevice implements FramePort {
  readonly #open: () => DevicePort;
  #port: DevicePort | undefined;
  /** What earlier ports have counted, and frames that found none. */
  #before: PortCounters = sumOf([]);

  /** Opens the port by `open`, which throws an `IoError` when it cannot. */
  constructor(open: () => DevicePort) {
    this.#open = open;
    this.#port = open();
  }

  get counters(): PortCounters {
    const now = this.#port === undefined ? [] : [this.#port.counters];
    return sumOf([this.#before, ...now]);
  }

  get waiting(): number {
    return this.#port?.waiting ?? 0;
  }

  send(packet: Packet): void {
    if (this.#port === undefined) this.#before.refused += 1;
    else this.#port.send(packet);
  }

  /** A device that cannot be opened is silent until the next time. */
  reopen(): void {
    if (this.#port?.isCurrent === true) {
      this.#port.reopen();
      return;
    }
    this.close();
    try {
      this.#port = this.#open();
    } catch (error) {
      if (!(error instanceof IoError)) throw error;
    }
  }

  close(): void {
    this.#before = this.counters;
    this.#port?.close();
    this.#port = undefined;
  }
}
