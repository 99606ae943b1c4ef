import { readForwarding } from './keepalived-forwarding.js';
import { readEndpoint, readRealServer, type ServerScope } from './keepalived-real-server.js';
import { type ServerGroup, serverGroupKey } from './keepalived-server-group.js';
import { serviceHealthKeywords } from './keepalived-service-health.js';
import { completeServers } from './keepalived-service.js';
import { sorryServerKeywords } from './keepalived-sorry-server.js';
import type { Statement } from './keepalived-statements.js';
import {
  type AddressFamily,
  type SchedulerFlag,
  SchedulerNames,
  type VirtualServerConfig,
} from './node-config.js';
import type { ReadContext } from './read-context.js';
import type { ServiceDraft, ServiceTarget } from './service-draft.js';
import { Protocols, readMark } from './service-values.js';
import type { Keyword } from './statement-reader.js';

/** keepalived's, when `persistence_timeout` has no value or only `persistence_granularity` is given. */
const DefaultPersistenceTimeout = 360;
/** The kernel's limit on timeouts, in seconds. */
const PersistenceRange = { minimum: 1, maximum: 31 * 86_400 };

const Schedulers = wordsFor(SchedulerNames);
const Flags: readonly SchedulerFlag[] = ['sh-port', 'sh-fallback', 'mh-port', 'mh-fallback'];

/** What the rest of a file means for its services. */
export interface ServiceScope extends ServerScope {
  readonly groups: readonly ServerGroup[];
}

/** Reads a `virtual_server`: the services that it is about, of which a group has several. */
export function readVirtualServer(
  statement: Statement,
  scope: ServiceScope,
  context: ReadContext,
): readonly VirtualServerConfig[] {
  const { line, words } = statement;
  const name = `virtual_server ${words.join(' ')}`;
  const draft: ServiceDraft = {
    name,
    line,
    target: readTarget(statement, scope, context),
    flags: [],
    realServers: [],
    timing: {},
    health: {},
    sorry: {},
    weight: undefined,
    inhibitOnFailure: false,
    scheduler: undefined,
    forwarding: undefined,
    protocol: undefined,
    protocolLine: undefined,
    onePacketLine: undefined,
    isPersistent: false,
    persistenceTimeout: DefaultPersistenceTimeout,
    granularity: undefined,
    family: undefined,
    familyLine: undefined,
  };
  context.reader.block({ name, line }, statement.body ?? [], {
    ...schedulingKeywords(draft, context),
    ...serviceKeywords(draft, scope, context),
    ...persistenceKeywords(draft, context),
    ...serviceHealthKeywords(draft, scope, context),
    ...sorryServerKeywords(draft.sorry, context),
  });
  return completeServers(draft, context);
}

/** `virtual_server ADDRESS [PORT]`, `virtual_server fwmark N` or `virtual_server group NAME`. */
function readTarget(
  statement: Statement,
  { groups }: ServiceScope,
  context: ReadContext,
): ServiceTarget | undefined {
  const { reader, problems, positions } = context;
  const { words } = statement;
  if (words[0] === 'group') {
    const value = reader.values(statement, ['group', 'NAME'])?.[1];
    if (value === undefined) return undefined;
    const group = groups.find(({ name }) => name === value.text);
    if (group !== undefined) return { kind: 'group', entries: group.entries };
    // One that was refused is not among them, but is no unknown one.
    if (positions.has(serverGroupKey(value.text))) return undefined;
    const message = `virtual_server names ${value.text}, which no virtual_server_group defines`;
    problems.add(value.line, 'unknown-reference', message, value.column);
    return undefined;
  }
  if (words[0] === 'fwmark') {
    const mark = readMark(reader.values(statement, ['fwmark', 'N'])?.[1], reader);
    return mark === undefined ? undefined : { kind: 'mark', mark };
  }
  const endpoint = readEndpoint(statement, context);
  return endpoint && { kind: 'address', address: endpoint.address, port: endpoint.port ?? 0 };
}

function schedulingKeywords(draft: ServiceDraft, context: ReadContext): Record<string, Keyword> {
  const { reader } = context;
  const scheduler: Keyword = {
    required: true,
    read: (statement) => {
      draft.scheduler = reader.choice(reader.value(statement), Schedulers);
    },
  };
  const flags = Flags.map((flag): [string, Keyword] => [
    flag,
    {
      read: (statement) => {
        reader.values(statement, []);
        draft.flags.push({ flag, line: statement.line });
      },
    },
  ]);
  return {
    lvs_sched: scheduler,
    lb_algo: scheduler,
    ...Object.fromEntries(flags),
    ops: {
      read: (statement) => {
        reader.values(statement, []);
        draft.onePacketLine = statement.line;
      },
    },
  };
}

function serviceKeywords(
  draft: ServiceDraft,
  scope: ServiceScope,
  context: ReadContext,
): Record<string, Keyword> {
  const { reader } = context;
  const method: Keyword = {
    required: true,
    read: (statement) => {
      draft.forwarding = readForwarding(statement, context);
    },
  };
  return {
    lvs_method: method,
    lb_kind: method,
    protocol: {
      required: needsProtocol(draft.target),
      read: (statement) => {
        draft.protocol = reader.choice(reader.value(statement), Protocols);
        draft.protocolLine = statement.line;
      },
    },
    ip_family: {
      read: (statement) => {
        const families = { inet: 'ipv4', inet6: 'ipv6' } as const;
        draft.family = reader.choice<AddressFamily>(reader.value(statement), families);
        draft.familyLine = statement.line;
      },
    },
    real_server: {
      required: true,
      repeats: true,
      takesBlock: true,
      read: (statement) => {
        const server = readRealServer(statement, scope, context);
        if (server !== undefined) draft.realServers.push(server);
      },
    },
  };
}

function persistenceKeywords(draft: ServiceDraft, context: ReadContext): Record<string, Keyword> {
  const { reader } = context;
  return {
    persistence_timeout: {
      read: (statement) => {
        const isGiven = statement.words.length > 0;
        draft.isPersistent = true;
        draft.persistenceTimeout = isGiven
          ? reader.wholeNumber(reader.value(statement, 'seconds'), PersistenceRange)
          : DefaultPersistenceTimeout;
      },
    },
    persistence_granularity: {
      read: (statement) => {
        draft.granularity = reader.value(statement, 'a netmask or a prefix length');
        draft.isPersistent = true;
      },
    },
  };
}

/** A mark stands for packets of every protocol. */
const needsProtocol = (target: ServiceTarget | undefined): boolean =>
  target?.kind === 'address' ||
  (target?.kind === 'group' && target.entries.some(({ kind }) => kind === 'address'));

/** Words that mean themselves. */
function wordsFor<T extends string>(words: readonly T[]): Readonly<Record<string, T>> {
  return Object.fromEntries(words.map((word) => [word, word]));
}
