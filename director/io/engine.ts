import { setFlagsFromString } from 'node:v8';

/**
 * Settings of V8 for a packet path, to be called before the first packet.
 *
 * Its wire accessors are many and tiny; with V8's default budget (920 bytes of bytecode in one function) most of them stay
 * calls, which makes a packet a third slower. Measured with `scripts/bench core`: more than this gains nothing.
 */
export function tuneEngine(): void {
  setFlagsFromString('--max-inlined-bytecode-size-cumulative=4000');
}
