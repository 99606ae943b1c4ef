/** Frames that wait in a ring, the oldest first. */
export interface WaitingFrames {
  /** How many wait, so many at most. It may know them from before, but says fewer only after a look now. */
  waiting(most: number): number;
  /** True when the oldest of these came before the oldest of the others, or with it. Both have one. */
  isBefore(other: this): boolean;
}

/**
 * Takes frames out of two rings in the order in which they came, up to `most`: how many that were. The kernel puts each frame of a
 * flow into one ring or the other before the next one comes, so what was not there when a frame was seen in the other ring is
 * younger than that frame: a ring is found empty only after a look at the other. Frames that come at the same time on different
 * processors have no order.
 */
export function takeInOrder<Ring extends WaitingFrames>(
  ordinary: Ring,
  large: Ring,
  most: number,
  take: (ring: Ring) => void,
): number {
  let seen = ordinary.waiting(most);
  let taken = 0;
  while (taken < most) {
    if (large.waiting(1) === 0) {
      const rest = Math.min(seen, most - taken);
      for (let index = 0; index < rest; index += 1) take(ordinary);
      return taken + rest;
    }
    if (seen === 0) seen = ordinary.waiting(most - taken);
    if (seen > 0 && ordinary.isBefore(large)) {
      take(ordinary);
      seen -= 1;
    } else {
      take(large);
    }
    taken += 1;
  }
  return taken;
}
