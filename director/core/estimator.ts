import { seconds } from '../base/time.js';
import type { TrafficStats } from './stats.js';

/** How often `RateEstimator.update` is to be called. The formula is for this period and no other. */
export const EstimationPeriod = seconds(2);

/** Fixed point: counts a second are kept times 2^10, bytes a second times 2^5. */
const CountScale = 1_024;
const ByteScale = 32;
const PeriodSeconds = 2;

/**
 * The rates of `ipvsadm --rate`: an exponentially weighted mean over about the last 8 seconds
 * (net/netfilter/ipvs/ip_vs_est.c). Every 2 seconds a quarter of the difference to the newest rate is added:
 *
 *     average += floor((rate - average) / 4)
 *
 * in fixed point, so that what people compare with a kernel's numbers is equal to the last digit. The floor makes an
 * average reach 0 when traffic stops, and stay up to 3 units of fixed point below a steady rate. The kernel's shifts are
 * done as division and `Math.floor`, exact in doubles far above 2^32.
 */
export class RateEstimator {
  #connections = 0;
  #inPackets = 0;
  #outPackets = 0;
  #inBytes = 0;
  #outBytes = 0;
  #cps = 0;
  #inPps = 0;
  #outPps = 0;
  #inBps = 0;
  #outBps = 0;

  /** Takes the counters as they are now; to be called once in an `EstimationPeriod`. */
  update(stats: TrafficStats): void {
    this.#cps = moved(this.#cps, stats.connections - this.#connections, CountScale);
    this.#inPps = moved(this.#inPps, stats.inPackets - this.#inPackets, CountScale);
    this.#outPps = moved(this.#outPps, stats.outPackets - this.#outPackets, CountScale);
    this.#inBps = moved(this.#inBps, stats.inBytes - this.#inBytes, ByteScale);
    this.#outBps = moved(this.#outBps, stats.outBytes - this.#outBytes, ByteScale);
    this.#remember(stats);
  }

  /** Sets every rate to 0 and counts from here on: for `ipvsadm -Z`, and when an estimator joins running counters. */
  reset(stats: TrafficStats): void {
    this.#cps = 0;
    this.#inPps = 0;
    this.#outPps = 0;
    this.#inBps = 0;
    this.#outBps = 0;
    this.#remember(stats);
  }

  /** Connections a second. */
  get cps(): number {
    return shown(this.#cps, CountScale);
  }

  /** Packets a second from clients. */
  get inPps(): number {
    return shown(this.#inPps, CountScale);
  }

  /** Packets a second to clients. */
  get outPps(): number {
    return shown(this.#outPps, CountScale);
  }

  /** Bytes a second from clients. */
  get inBps(): number {
    return shown(this.#inBps, ByteScale);
  }

  /** Bytes a second to clients. */
  get outBps(): number {
    return shown(this.#outBps, ByteScale);
  }

  #remember(stats: TrafficStats): void {
    this.#connections = stats.connections;
    this.#inPackets = stats.inPackets;
    this.#outPackets = stats.outPackets;
    this.#inBytes = stats.inBytes;
    this.#outBytes = stats.outBytes;
  }
}

/** The average after a period in which a counter grew by `growth`. */
function moved(average: number, growth: number, scale: number): number {
  const rate = growth * (scale / PeriodSeconds);
  return average + Math.floor((rate - average) / 4);
}

/** Rounded to the nearest whole number, a half down. */
const shown = (average: number, scale: number): number =>
  Math.floor((average + scale / 2 - 1) / scale);
