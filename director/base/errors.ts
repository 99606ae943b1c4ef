/** Facts that every error of ours carries: a stable kebab-case code that programs and tests match on. */
export interface ErrorDetails {
  readonly code: string;
}

/**
 * Base of every error that a user or an operator may see. The message is one sentence without a final stop that says
 * what is wrong and where; `details` carries the same facts for programs.
 */
export class BatonError<T extends ErrorDetails = ErrorDetails> extends Error {
  readonly details: T;

  constructor(details: T, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.details = details;
  }
}

/** A configuration text that cannot be used. `file` and `line` (1-based) say where. */
export class ConfigError extends BatonError<{
  readonly code: string;
  readonly file: string;
  readonly line?: number;
}> {}

/** A command line, or a request on the control socket, that cannot be carried out as asked (exit code 2). */
export class UsageError extends BatonError {}

/** The environment said no: a socket, a permission, an interface, a missing program. Thrown only at the edge. */
export class IoError extends BatonError {}
