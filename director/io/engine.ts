import { setFlagsFromString } from 'node:v8';

/**
 * Settings of V8 for a packet path, to be called before the first packet.
 *
 * Its wire accessors are many and tiny; with V8's default budget (920 bytes of bytecode in one function) most of them stay
 * calls, which makes a packet a third slower. Measured with `scripts/bench core`: more than this gains nothing.
 *
 * V8 notes what a function is called with only after some calls, and compiles for what it has noted. In the rehearsal much
 * is called a few times only, so it notes from the first call on.
 */
export function tuneEngine(): void {
  setFlagsFromString('--max-inlined-bytecode-size-cumulative=4000');
  setFlagsFromString('--no-lazy-feedback-allocation');
}
