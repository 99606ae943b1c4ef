import { PortKeepingMethods } from './keepalived-forwarding.js';
import type { RealServerDraft } from './keepalived-real-server.js';
import type {
  AddressFamily,
  ForwardingConfig,
  PersistenceConfig,
  RealServerConfig,
  VirtualServerConfig,
} from './node-config.js';
import { type VirtualServerIdentity, virtualServerKey } from './position.js';
import { claim, type ReadContext } from './read-context.js';
import type { ServiceDraft } from './service-draft.js';
import { describeFamily, familyOf } from './service-values.js';

/**
 * Makes a virtual server of what its block says, and refuses what each keyword allows by itself and keepalived or the
 * kernel would quietly change when they come together. Undefined only after a problem.
 */
export function completeServer(
  draft: ServiceDraft,
  context: ReadContext,
): VirtualServerConfig | undefined {
  const { target, scheduler, forwarding } = draft;
  const family = familyOfService(draft);
  const identity = identityOf(draft, family);
  if (identity !== undefined) claimServers(draft, virtualServerKey(identity), context);
  checkScheduling(draft, context);
  checkIdentity(draft, family, context);
  const persistence = readPersistence(draft, family, context);
  if (target === undefined || identity === undefined) return undefined;
  if (scheduler === undefined || forwarding === undefined) return undefined;
  // What the ports of its real servers may be depends on what it was meant to be.
  if (isPortless(draft)) return undefined;
  const scope = {
    family,
    // A mark stands for every port.
    port: target.kind === 'mark' ? 0 : target.port,
    isPersistent: persistence !== undefined,
    forwarding,
  };
  return {
    ...identity,
    scheduler,
    schedulerFlags: draft.flags.map(({ flag }) => flag),
    ...(persistence === undefined ? {} : { persistence }),
    isOnePacket: draft.onePacketLine !== undefined,
    commit: 'none',
    realServers: draft.realServers.map((server) => completeRealServer(server, scope, context)),
  };
}

/** What a real server has from its virtual server. */
interface ServiceScope {
  readonly family: AddressFamily;
  readonly port: number;
  readonly isPersistent: boolean;
  readonly forwarding: ForwardingConfig;
}

/** That of the address. A mark has `ip_family`, or the family that the rest of its block shows, as in keepalived. */
function familyOfService({ target, family, ...draft }: ServiceDraft): AddressFamily {
  if (target?.kind === 'address') return familyOf(target.address);
  if (family !== undefined) return family;
  const untunnelled = draft.realServers.find(
    ({ forwarding = draft.forwarding }) =>
      forwarding !== undefined && forwarding.method !== 'Tunnel',
  );
  if (untunnelled !== undefined) return familyOf(untunnelled.address);
  return draft.granularity?.text.includes('.') === false ? 'ipv6' : 'ipv4';
}

function identityOf(
  { target, protocol }: ServiceDraft,
  family: AddressFamily,
): VirtualServerIdentity | undefined {
  if (target?.kind === 'mark') return { firewallMark: target.mark, family };
  if (target === undefined || protocol === undefined) return undefined;
  return { address: target.address, port: target.port, protocol };
}

/** A service may be there once, and a real server once in it. */
function claimServers(draft: ServiceDraft, key: string, context: ReadContext): void {
  if (!claim(context, key, draft.line)) return;
  for (const server of draft.realServers) {
    const port = realPort(server, draft.target?.kind === 'address' ? draft.target.port : 0);
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
const isPortless = ({ target, isPersistent }: ServiceDraft): boolean =>
  target?.kind === 'address' && target.port === 0 && !isPersistent;

/** Refuses what does not go with an address, or with a mark. */
function checkIdentity(
  draft: ServiceDraft,
  family: AddressFamily,
  { problems }: ReadContext,
): void {
  const { target, protocolLine, familyLine } = draft;
  if (target?.kind === 'mark' && protocolLine !== undefined) {
    const message = 'protocol has no effect: a firewall mark stands for every protocol';
    problems.add(protocolLine, 'conflict', message);
  }
  if (target?.kind !== 'address') return;
  if (isPortless(draft)) {
    const message = `${draft.name} is for every port, which needs persistence_timeout`;
    problems.add(draft.line, 'missing', message);
  }
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

function completeRealServer(
  server: RealServerDraft,
  scope: ServiceScope,
  { problems }: ReadContext,
): RealServerConfig {
  const { address, weight, upperThreshold, lowerThreshold, line } = server;
  const forwarding = server.forwarding ?? scope.forwarding;
  const port = realPort(server, scope.port);
  const family = familyOf(address);
  if (family !== scope.family && forwarding.method !== 'Tunnel') {
    const families = `${describeFamily(family)}, but its virtual_server ${describeFamily(scope.family)}`;
    const message = `real_server ${address} is ${families}: only TUN takes one to the other`;
    problems.add(line, 'conflict', message);
  }
  const keeping = PortKeepingMethods.get(forwarding.method);
  if (keeping !== undefined && port !== scope.port) {
    const expected = scope.port === 0 ? 'has no port' : `has the virtual port ${scope.port}`;
    problems.add(line, 'conflict', `with ${keeping} a real_server ${expected}, not ${port}`);
  } else if (scope.isPersistent && scope.port === 0 && port !== 0) {
    const message = `port ${port} has no effect: a persistent service of every port keeps the client's`;
    problems.add(line, 'conflict', message);
  }
  return { address, port, weight, upperThreshold, lowerThreshold, ...forwarding };
}

/** A real server without a port has the virtual one, as in ipvsadm. */
const realPort = ({ port = 0 }: RealServerDraft, virtualPort: number): number =>
  port === 0 ? virtualPort : port;
