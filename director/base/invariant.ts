/**
 * Our own code is wrong. Never caught below a program's entry point: the process ends, and peers take over.
 */
export class InvariantError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'InvariantError';
  }
}

/** Stops the program when a condition that our own code guarantees does not hold. The message is a constant. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}

/** Ends an exhaustive `switch`: a missing case is a compile error. */
export function unreachable(value: never): never {
  throw new InvariantError(`unreachable value ${String(value)}`);
}
