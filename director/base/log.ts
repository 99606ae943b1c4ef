/** Facts that go with a log line: flat, printable values. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/**
 * Where machines say what they decided: a constant message and fields. The edge writes it with pino, the simulator into
 * its trace. Nothing on the packet path logs.
 */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
}

/** A log that keeps nothing. */
export const silentLog: Log = { debug: () => {}, info: () => {}, warn: () => {} };
