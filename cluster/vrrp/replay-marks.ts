import type { IpAddress } from '../../director/base/address.js';
import { assert } from '../../director/base/invariant.js';

/** True when `sequence` comes after `mark` in 64-bit serial arithmetic (RFC 1982), which goes on past the last number. */
export const isAfter = (sequence: bigint, mark: bigint): boolean =>
  BigInt.asIntN(64, sequence - mark) > 0n;

/**
 * The last sequence number accepted from each sender. Only senders that have proven themselves get a mark, so nobody
 * else can push one out. At the limit the sender that was silent longest loses its mark.
 */
export class ReplayMarks {
  /** In the order of the last use, oldest first. */
  readonly #marks = new Map<IpAddress, bigint>();
  readonly #limit: number;

  constructor(limit: number) {
    assert(limit > 0, 'there is room for a mark');
    this.#limit = limit;
  }

  get size(): number {
    return this.#marks.size;
  }

  get(sender: IpAddress): bigint | undefined {
    return this.#marks.get(sender);
  }

  set(sender: IpAddress, sequence: bigint): void {
    this.#marks.delete(sender);
    this.#marks.set(sender, sequence);
    if (this.#marks.size <= this.#limit) return;
    for (const [oldest] of this.#marks) {
      this.#marks.delete(oldest);
      return;
    }
  }
}
