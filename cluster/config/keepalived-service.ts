import { assert } from '../../director/base/invariant.js';
import type { ServerHealthConfig, ServiceHealthConfig } from './checker-config.js';
import { inheritTiming } from './keepalived-check-timing.js';
import { PortKeepingMethods } from './keepalived-forwarding.js';
import type { RealServerDraft } from './keepalived-real-server.js';
import type { GroupEntry } from './keepalived-server-group.js';
import { completeHealth } from './keepalived-service-health.js';
import type {
  AddressFamily,
  ForwardingConfig,
  PersistenceConfig,
  SorryServerConfig,
  VirtualServerConfig,
} from './node-config.js';
import { type VirtualServerIdentity, virtualServerKey } from './position.js';
import { claim, type ReadContext } from './read-context.js';
import type { ServiceDraft } from './service-draft.js';
import { describeFamily, familyOf } from './service-values.js';

/**
 * Makes virtual servers of what a block says, and refuses what each keyword allows by itself and keepalived or the
 * kernel would quietly change when they come together. Empty only after a problem.
 */
export function completeServers(
  draft: ServiceDraft,
  context: ReadContext,
): readonly VirtualServerConfig[] {
  checkScheduling(draft, context);
  checkIdentity(draft, context);
  const parts = partsOf(draft);
  const weights = draft.realServers.reduce(
    (sum, { weight = draft.weight ?? 1 }) => sum + weight,
    0,
  );
  const health = completeHealth(draft, weights, context);
  const servers = draft.realServers.map((server) => completeServerHealth(server, draft));
  const persistence = readPersistence(draft, parts[0]?.family ?? 'ipv4', context);
  return parts
    .map((part) => completeService(part, draft, { health, servers, persistence }, context))
    .filter((service) => service !== undefined);
}

/** One service of a block: a group has several. */
interface ServicePart {
  readonly identity: VirtualServerIdentity | undefined;
  readonly family: AddressFamily;
  /** 0 for every port, and for a mark. */
  readonly port: number;
}

function partsOf(draft: ServiceDraft): readonly ServicePart[] {
  const { target, protocol } = draft;
  if (target === undefined) return [];
  const entries: readonly GroupEntry[] =
    target.kind === 'group'
      ? target.entries
      : [target.kind === 'mark' ? { ...target, family: undefined } : target];
  return entries.map((entry) => {
    if (entry.kind === 'mark') {
      const family = entry.family ?? familyOfMark(draft);
      return { identity: { firewallMark: entry.mark, family }, family, port: 0 };
    }
    const { address, port } = entry;
    const identity = protocol && { address, port, protocol };
    return { identity, family: familyOf(address), port };
  });
}

/** What the services of a block share. */
interface Shared {
  readonly health: ServiceHealthConfig;
  /** In the order of the real servers. */
  readonly servers: readonly ServerHealthConfig[];
  readonly persistence: PersistenceConfig | undefined;
}

function completeService(
  { identity, family, port }: ServicePart,
  draft: ServiceDraft,
  { health, servers, persistence }: Shared,
  context: ReadContext,
): VirtualServerConfig | undefined {
  const { scheduler, forwarding, protocol = 'tcp' } = draft;
  if (identity !== undefined) {
    claimServers(draft, virtualServerKey(identity), port, context);
    if (isPortless(identity, draft)) {
      const name = `${identity.address} of ${draft.name}`;
      const message = `${name} is for every port, which needs persistence_timeout`;
      context.problems.add(draft.line, 'missing', message);
      // What the ports of its real servers may be depends on what it was meant to be.
      return undefined;
    }
  }
  if (identity === undefined || scheduler === undefined || forwarding === undefined) {
    return undefined;
  }
  const scope = { family, port, isPersistent: persistence !== undefined, forwarding };
  const realServers = draft.realServers.map((server, index) => {
    const own = servers[index];
    assert(own !== undefined, 'every real server has its health');
    const { weight = draft.weight ?? 1, upperThreshold, lowerThreshold } = server;
    const endpoint = completeEndpoint(server, scope, context);
    return { ...endpoint, weight, upperThreshold, lowerThreshold, health: own };
  });
  return {
    ...identity,
    pool: draft.target?.kind === 'group' ? `${draft.name} ${protocol}` : virtualServerKey(identity),
    scheduler,
    schedulerFlags: draft.flags.map(({ flag }) => flag),
    ...(persistence === undefined ? {} : { persistence }),
    isOnePacket: draft.onePacketLine !== undefined,
    commit: 'none',
    realServers,
    sorryServer: completeSorryServer(draft, scope, context),
    health,
  };
}

function completeServerHealth(server: RealServerDraft, draft: ServiceDraft): ServerHealthConfig {
  const { inhibitOnFailure = draft.inhibitOnFailure, notifyUp, notifyDown } = server;
  const surroundings = {
    endpoint: { address: server.address, port: checkedPort(server, draft) },
    timing: inheritTiming(server.timing, draft.timing),
    serviceTiming: draft.timing,
    virtualHost: server.virtualHost ?? draft.virtualHost,
  };
  const checkers = server.checkers.map((complete) => complete(surroundings));
  return { inhibitOnFailure, notifyUp, notifyDown, checkers };
}

/** The port that checkers connect to is that of the real server, and one without has that of its service. */
const checkedPort = (server: RealServerDraft, { target }: ServiceDraft): number =>
  realPort(server, target?.kind === 'address' ? target.port : 0);

/** What a real server has from its virtual server. */
interface ServiceScope {
  readonly family: AddressFamily;
  readonly port: number;
  readonly isPersistent: boolean;
  readonly forwarding: ForwardingConfig;
}

function completeSorryServer(
  { sorry, line }: ServiceDraft,
  scope: ServiceScope,
  context: ReadContext,
): SorryServerConfig | undefined {
  const { endpoint, forwarding, inhibit = false } = sorry;
  if (endpoint === undefined) return undefined;
  const server = { ...endpoint, forwarding, line: sorry.line ?? line };
  return { ...completeEndpoint(server, scope, context, 'sorry_server'), inhibit };
}

/** A mark has `ip_family`, or the family that the rest of its block shows, as in keepalived. */
function familyOfMark({ family, ...draft }: ServiceDraft): AddressFamily {
  if (family !== undefined) return family;
  const untunnelled = draft.realServers.find(
    ({ forwarding = draft.forwarding }) =>
      forwarding !== undefined && forwarding.method !== 'Tunnel',
  );
  if (untunnelled !== undefined) return familyOf(untunnelled.address);
  // Tunnels reach servers of either family, and show that of their service only when they agree.
  const families = new Set(draft.realServers.map(({ address }) => familyOf(address)));
  if (draft.granularity !== undefined) {
    return draft.granularity.text.includes('.') ? 'ipv4' : 'ipv6';
  }
  return families.size === 1 && families.has('ipv6') ? 'ipv6' : 'ipv4';
}

/** A service may be there once, and a real server once in it. */
function claimServers(
  draft: ServiceDraft,
  key: string,
  virtualPort: number,
  context: ReadContext,
): void {
  if (!claim(context, key, draft.line)) return;
  for (const server of draft.realServers) {
    const port = realPort(server, virtualPort);
    claim(context, `real_server ${server.address} ${port} of ${key}`, server.line);
  }
}

function checkScheduling(draft: ServiceDraft, { problems }: ReadContext): void {
  const { scheduler, flags, onePacketLine, protocol } = draft;
  for (const { flag, line } of flags) {
    const [owner] = flag.split('-');
    if (scheduler === undefined || scheduler === owner) continue;
    problems.add(
      line,
      'conflict',
      `${flag} is a flag of the scheduler ${owner}, not of ${scheduler}`,
    );
  }
  if (onePacketLine === undefined || protocol === undefined || protocol === 'udp') return;
  problems.add(
    onePacketLine,
    'conflict',
    'ops needs protocol UDP: keepalived ignores it otherwise',
  );
}

/** True for a service that the kernel refuses: of every port, and not persistent. */
const isPortless = (
  identity: VirtualServerIdentity,
  { isPersistent }: ServiceDraft,
): identity is Extract<VirtualServerIdentity, { port: number }> =>
  identity.firewallMark === undefined && identity.port === 0 && !isPersistent;

/** Warns of what does not go with a mark, and refuses what does not go with an address. */
function checkIdentity(draft: ServiceDraft, { problems }: ReadContext): void {
  const { target, protocolLine, familyLine } = draft;
  if (target?.kind === 'mark' && protocolLine !== undefined) {
    const message = 'protocol has no effect: a firewall mark stands for every protocol';
    problems.warn(protocolLine, 'protocol', message);
  }
  if (target?.kind !== 'address') return;
  const family = familyOf(target.address);
  if (familyLine === undefined || draft.family === undefined || draft.family === family) return;
  const message = `ip_family is not that of ${target.address}, which is ${describeFamily(family)}`;
  problems.add(familyLine, 'conflict', message);
}

function readPersistence(
  { isPersistent, persistenceTimeout: timeout, granularity }: ServiceDraft,
  family: AddressFamily,
  { reader }: ReadContext,
): PersistenceConfig | undefined {
  if (!isPersistent) return undefined;
  let prefixLength: number | undefined = family === 'ipv6' ? 128 : 32;
  if (granularity !== undefined) {
    prefixLength =
      family === 'ipv6'
        ? reader.wholeNumber(granularity, { minimum: 1, maximum: 128 })
        : reader.netmask(granularity);
  }
  if (timeout === undefined || prefixLength === undefined) return undefined;
  return { timeout, prefixLength };
}

/** What an endpoint of a service is called in messages. */
type EndpointKind = 'real_server' | 'sorry_server';

function completeEndpoint(
  server: Pick<RealServerDraft, 'address' | 'port' | 'forwarding' | 'line'>,
  scope: ServiceScope,
  { problems }: ReadContext,
  kind: EndpointKind = 'real_server',
): Omit<SorryServerConfig, 'inhibit'> {
  const { address, line } = server;
  const forwarding = server.forwarding ?? scope.forwarding;
  const port = realPort(server, scope.port);
  const family = familyOf(address);
  if (family !== scope.family && forwarding.method !== 'Tunnel') {
    const families = `${describeFamily(family)}, but its virtual_server ${describeFamily(scope.family)}`;
    const message = `${kind} ${address} is ${families}: only TUN takes one to the other`;
    problems.add(line, 'conflict', message);
  }
  const keeping = PortKeepingMethods.get(forwarding.method);
  if (keeping !== undefined && port !== scope.port) {
    const expected = scope.port === 0 ? 'has no port' : `has the virtual port ${scope.port}`;
    problems.add(line, 'conflict', `with ${keeping} a ${kind} ${expected}, not ${port}`);
  } else if (scope.isPersistent && scope.port === 0 && port !== 0) {
    const message = `port ${port} has no effect: a persistent service of every port keeps the client's`;
    problems.warn(line, kind, message);
  }
  return { address, port, ...forwarding };
}

/** A real server without a port has the virtual one, as in ipvsadm. */
const realPort = ({ port = 0 }: Pick<RealServerDraft, 'port'>, virtualPort: number): number =>
  port === 0 ? virtualPort : port;
