import { milliseconds, microseconds, type Duration } from '../../../director/base/time.js';
import type { Packet } from '../../../director/wire/packet.js';

/** What a channel does to the frames that pass. Chances are out of a thousand. */
export interface Weather {
  /** Every frame takes so long, and up to `jitter` longer. */
  readonly delay: Duration;
  readonly jitter: Duration;
  readonly loss: number;
  readonly duplication: number;
  /** One byte of the frame is changed. */
  readonly corruption: number;
  /** The end of the frame is missing. */
  readonly truncation: number;
  /** A frame that takes `reorderDelay` longer, while others overtake it; without, frames keep their order. */
  readonly reordering: number;
  readonly reorderDelay: Duration;
  /** Frames whose IP packet is longer are dropped without a word: a switch with a smaller MTU than its neighbours. */
  readonly mtu: number;
  /** Frames that may be under way at a time; more are dropped. */
  readonly capacity: number;
}

/** A wire of a few metres. */
export const FairWeather: Weather = {
  delay: microseconds(50),
  jitter: microseconds(0),
  loss: 0,
  duplication: 0,
  corruption: 0,
  truncation: 0,
  reordering: 0,
  reorderDelay: milliseconds(5),
  mtu: 65_535,
  capacity: 4_096,
};

/** Which frames a filter takes out: `vrrp`, `sync`, announcements of addresses, or everything. */
export type FrameClass = 'all' | 'vrrp' | 'sync' | 'announcement';

/** Says of a frame whether it is to be dropped. */
export type FrameFilter = (frame: Packet) => boolean;
