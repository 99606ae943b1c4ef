import type { IpAddress } from '../../director/base/address.js';
import type { Statement } from './keepalived-statements.js';
import type {
  ForwardingMethodName,
  RealServerConfig,
  SchedulerName,
  ServiceProtocol,
  VirtualServerConfig,
} from './node-config.js';
import { claim, type ReadContext } from './read-context.js';
import type { Keyword } from './statement-reader.js';

const PortRange = { minimum: 1, maximum: 65_535 };
const WeightRange = { minimum: 0, maximum: 65_535 };

const Schedulers: Readonly<Record<string, SchedulerName>> = { rr: 'rr', wlc: 'wlc' };
const Methods: Readonly<Record<string, ForwardingMethodName>> = { NAT: 'Masq', DR: 'Route' };
const Protocols: Readonly<Record<string, ServiceProtocol>> = {
  TCP: 'tcp',
  UDP: 'udp',
  tcp: 'tcp',
  udp: 'udp',
};

interface Endpoint {
  readonly address: IpAddress;
  readonly port: number;
}

/** A service while its block is read: a field is undefined while it is missing or when it was refused. */
interface ServiceDraft {
  scheduler: SchedulerName | undefined;
  method: ForwardingMethodName | undefined;
  protocol: ServiceProtocol | undefined;
  readonly realServers: (RealServerConfig & { readonly line: number })[];
}

/** Reads a `virtual_server`. */
export function readVirtualServer(
  statement: Statement,
  context: ReadContext,
): VirtualServerConfig | undefined {
  const { line, words } = statement;
  const name = `virtual_server ${words.join(' ')}`;
  const endpoint = readEndpoint(statement, context);
  const draft: ServiceDraft = {
    scheduler: undefined,
    method: undefined,
    protocol: undefined,
    realServers: [],
  };
  context.reader.block({ name, line }, statement.body ?? [], serviceKeywords(draft, context));
  const { scheduler, method, protocol } = draft;
  if (endpoint === undefined || protocol === undefined) return undefined;
  const key = `virtual_server ${endpoint.address} ${endpoint.port} ${protocol}`;
  if (claim(context, key, line)) claimRealServers(draft, key, context);
  if (scheduler === undefined || method === undefined) return undefined;
  if (method === 'Route') checkRoutePorts(draft, endpoint, context);
  const realServers = draft.realServers.map(({ address, port, weight }) => ({
    address,
    port,
    weight,
  }));
  return { ...endpoint, protocol, scheduler, method, realServers };
}

function claimRealServers({ realServers }: ServiceDraft, key: string, context: ReadContext): void {
  for (const { address, port, line } of realServers) {
    claim(context, `real_server ${address} ${port} of ${key}`, line);
  }
}

/** Direct routing does not rewrite the frame; keepalived would reset the port, we say so. */
function checkRoutePorts(
  { realServers }: ServiceDraft,
  { port }: Endpoint,
  { problems }: ReadContext,
): void {
  for (const server of realServers) {
    if (server.port === port) continue;
    const message = `with DR a real_server has the virtual port ${port}, not ${server.port}`;
    problems.add(server.line, 'conflict', message);
  }
}

function serviceKeywords(draft: ServiceDraft, context: ReadContext): Record<string, Keyword> {
  const { reader } = context;
  const scheduler: Keyword = {
    required: true,
    read: (statement) => {
      draft.scheduler = reader.choice(reader.value(statement), Schedulers);
    },
  };
  const method: Keyword = {
    required: true,
    read: (statement) => {
      draft.method = reader.choice(reader.value(statement), Methods);
    },
  };
  return {
    lvs_sched: scheduler,
    lb_algo: scheduler,
    lvs_method: method,
    lb_kind: method,
    protocol: {
      required: true,
      read: (statement) => {
        draft.protocol = reader.choice(reader.value(statement), Protocols);
      },
    },
    real_server: {
      required: true,
      repeats: true,
      takesBlock: true,
      read: (statement) => {
        const server = readRealServer(statement, context);
        if (server === undefined) return;
        draft.realServers.push(server);
      },
    },
  };
}

function readRealServer(
  statement: Statement,
  context: ReadContext,
): ServiceDraft['realServers'][number] | undefined {
  const { reader } = context;
  const { line, words } = statement;
  const endpoint = readEndpoint(statement, context);
  let weight: number | undefined = 1;
  reader.block({ name: `real_server ${words.join(' ')}`, line }, statement.body ?? [], {
    weight: {
      read: (given) => {
        weight = reader.wholeNumber(reader.value(given), WeightRange);
      },
    },
  });
  if (endpoint === undefined || weight === undefined) return undefined;
  return { ...endpoint, weight, line };
}

function readEndpoint(statement: Statement, { reader }: ReadContext): Endpoint | undefined {
  const [first, second] = reader.values(statement, ['ADDRESS', 'PORT']) ?? [];
  const address = reader.address(first);
  const port = reader.wholeNumber(second, PortRange);
  return address === undefined || port === undefined ? undefined : { address, port };
}
