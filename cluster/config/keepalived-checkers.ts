import type { CheckerConfig } from './checker-config.js';
import type { CheckedEndpoint } from './keepalived-check-connection.js';
import { readMiscCheck } from './keepalived-check-misc.js';
import { readPlainCheck } from './keepalived-check-plain.js';
import { readDnsCheck, readSmtpCheck, readUdpCheck } from './keepalived-check-protocols.js';
import { readBfdCheck, readFileCheck } from './keepalived-check-references.js';
import type { TimingDraft } from './keepalived-check-timing.js';
import type { ScriptUser } from './keepalived-command.js';
import { readHttpCheck } from './keepalived-http-check.js';
import type { Statement } from './keepalived-statements.js';
import type { ReadContext } from './read-context.js';
import type { Keyword } from './statement-reader.js';
import type { TrackFileConfig } from './vrrp-config.js';

/** What the file around a checker means for it. */
export interface CheckerScope {
  /** The real server's; undefined when it was refused, while its checkers may have mistakes, too. */
  readonly endpoint: CheckedEndpoint | undefined;
  /** Whom MISC_CHECK runs programs as. */
  readonly owner: ScriptUser;
  /** `checker_log_all_failures` of `global_defs`. */
  readonly logAllFailures: boolean;
  /** What FILE_CHECK may name. */
  readonly trackFiles: readonly TrackFileConfig[];
}

/** What a checker gets from the servers around it, which may say it after the checker. */
export interface CheckerSurroundings {
  readonly endpoint: CheckedEndpoint;
  readonly timing: TimingDraft;
  /** `delay_loop` of the virtual server: the timeout of a MISC_CHECK without one. */
  readonly serviceTiming: TimingDraft;
  /** `virtualhost` of the real server, or of the virtual one. */
  readonly virtualHost: string | undefined;
}

/** A checker whose block is read. It is complete when the blocks around it are read, too. */
export type CheckerDraft = (surroundings: CheckerSurroundings) => CheckerConfig;

/** Reads the block of one kind of checker. Undefined, or a draft of what was good in it, after a problem. */
export type CheckerReader = (
  statement: Statement,
  scope: CheckerScope,
  context: ReadContext,
) => readonly CheckerDraft[];

const Readers: Readonly<Record<CheckerConfig['kind'], CheckerReader>> = {
  TCP_CHECK: readPlainCheck,
  PING_CHECK: readPlainCheck,
  HTTP_GET: readHttpCheck,
  SSL_GET: readHttpCheck,
  SMTP_CHECK: readSmtpCheck,
  DNS_CHECK: readDnsCheck,
  UDP_CHECK: readUdpCheck,
  MISC_CHECK: readMiscCheck,
  FILE_CHECK: readFileCheck,
  BFD_CHECK: readBfdCheck,
};

/** The keywords of `real_server` that open a checker. */
export const checkerKeywords = (
  checkers: CheckerDraft[],
  scope: CheckerScope,
  context: ReadContext,
): Record<string, Keyword> =>
  Object.fromEntries(
    Object.entries(Readers).map(([kind, read]): [string, Keyword] => [
      kind,
      {
        takesBlock: true,
        repeats: true,
        read: (statement) => {
          context.reader.values(statement, []);
          checkers.push(...read(statement, scope, context));
        },
      },
    ]),
  );
