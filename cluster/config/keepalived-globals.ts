import { readPath } from './keepalived-pipe.js';
import type { Statement } from './keepalived-statements.js';
import { readSyncDaemon, type SyncDaemon } from './keepalived-sync-daemon.js';
import { newVrrpGlobals, type VrrpGlobals, vrrpGlobalKeywords } from './keepalived-vrrp-globals.js';
import type { NodeConfig } from './node-config.js';
import type { ReadContext } from './read-context.js';
import type { Value } from './statement-reader.js';

/** What `global_defs` says. */
export interface Globals {
  /** Undefined when it is missing or was refused. */
  readonly routerId: string | undefined;
  /** `checker_log_all_failures`. */
  readonly logAllFailures: boolean;
  readonly initialNotifies: boolean;
  readonly serverFifo: string | undefined;
  readonly vrrp: VrrpGlobals;
  /** Undefined without `lvs_sync_daemon`, or when it was refused. */
  readonly sync: SyncDaemon | undefined;
  readonly timeouts: NodeConfig['timeouts'];
}

const MaximumNameLength = 64;
/** The kernel's limit on `ipvsadm --set`, in seconds. */
const MaximumTimeout = 31 * 86_400;

/** Reads the blocks of `global_defs`, or none, as one. */
export function readGlobals(statements: readonly Statement[], context: ReadContext): Globals {
  const { reader } = context;
  const vrrp = newVrrpGlobals();
  let routerId: string | undefined;
  let sync: SyncDaemon | undefined;
  let timeouts: NodeConfig['timeouts'] = {};
  const checks = { logAllFailures: false, initialNotifies: false };
  let serverFifo: string | undefined;
  for (const statement of statements) reader.values(statement, []);
  const body = statements.flatMap((statement) => statement.body ?? []);
  reader.block({ name: 'global_defs', line: statements[0]?.line ?? 1 }, body, {
    router_id: {
      read: (router) => {
        routerId = reader.name(reader.value(router, 'a name'), MaximumNameLength);
      },
    },
    lvs_sync_daemon: {
      read: (daemon) => {
        sync = readSyncDaemon(daemon, context);
      },
    },
    lvs_timeouts: {
      read: (given) => {
        timeouts = readTimeouts(given, context);
      },
    },
    ...vrrpGlobalKeywords(vrrp, context),
    checker_log_all_failures: {
      read: (given) => {
        checks.logAllFailures = reader.flag(given) ?? false;
      },
    },
    rs_init_notifies: {
      read: (given) => {
        checks.initialNotifies = reader.mark(given);
      },
    },
    lvs_notify_fifo: {
      read: (given) => {
        serverFifo = readPath(given, context);
      },
    },
    notify_fifo: {
      read: (given) => {
        vrrp.notifyFifo = readPath(given, context);
        serverFifo = vrrp.notifyFifo;
      },
    },
  });
  return { routerId, vrrp, sync, timeouts, ...checks, serverFifo };
}

function readTimeouts(statement: Statement, context: ReadContext): NodeConfig['timeouts'] {
  const { reader, problems } = context;
  const timeouts: { tcp?: number; tcpFin?: number; udp?: number } = {};
  const set = (name: keyof typeof timeouts) => (value: Value) => {
    const timeout = reader.wholeNumber(value, { minimum: 1, maximum: MaximumTimeout });
    if (timeout !== undefined) timeouts[name] = timeout;
  };
  reader.options(statement, 0, { tcp: set('tcp'), tcpfin: set('tcpFin'), udp: set('udp') });
  if (statement.words.length === 0) {
    problems.add(statement.line, 'missing', 'lvs_timeouts needs at least one of tcp, tcpfin, udp');
  }
  return timeouts;
}
