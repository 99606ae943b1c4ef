import { toSeconds } from '../../director/base/time.js';
import { PortKeepingMethods } from './keepalived-forwarding.js';
import {
  addressIn,
  type LabNetwork,
  type LabNode,
  type LabRealServer,
  type LabService,
} from './lab-config.js';
import type { ReportLabProblem } from './lab-report.js';
import type { LabText } from './lab-schema.js';
import type { ForwardingMethodName } from './node-config.js';
import { describeFamily, familyOf } from './service-values.js';

type ServiceText = LabText['services'][number];
type RealServerText = ServiceText['real-servers'][number];

/** The networks in which directors reach real servers; see `Reach`. */
interface Backends {
  readonly virtual: LabNetwork | undefined;
  readonly gateway: LabNetwork | undefined;
  readonly local: LabNetwork | undefined;
}

/**
 * Where a method reaches real servers: NAT where they have their default route, FULLNAT where the local addresses are,
 * DR and TUN where the VIPs are, because there they answer clients themselves.
 */
const Reach: Readonly<
  Record<ForwardingMethodName, { readonly network: keyof Backends; readonly use: string }>
> = {
  Masq: { network: 'gateway', use: 'the gateway' },
  FullNat: { network: 'local', use: 'the local addresses' },
  Route: { network: 'virtual', use: 'the virtual services' },
  Tunnel: { network: 'virtual', use: 'the virtual services' },
};

/** A service while its real servers are resolved. */
interface ServiceScope extends Backends {
  readonly service: ServiceText;
  readonly index: number;
  readonly nodes: readonly LabNode[];
  readonly report: ReportLabProblem;
}

/** Resolves the names of real servers to addresses, and reports services and real servers that cannot work. */
export function resolveServices(
  services: readonly ServiceText[],
  nodes: readonly LabNode[],
  backends: Backends,
  report: ReportLabProblem,
): readonly LabService[] {
  const firstIndex = new Map<string, number>();
  return services.map((service, index) => {
    const { protocol, address, port, method, scheduler, persistent } = service;
    const key = `${protocol} ${address} ${port}`;
    const earlier = firstIndex.get(key);
    if (earlier === undefined) firstIndex.set(key, index);
    else report(['services', index], 'duplicate', `is ${key}, as services[${earlier}] is`);
    const realServers = resolveRealServers({ ...backends, service, index, nodes, report });
    const persistence =
      persistent === undefined ? {} : { persistenceTimeout: toSeconds(persistent) };
    const commit = service.commit === undefined ? {} : { commit: service.commit };
    return { protocol, address, port, method, scheduler, ...persistence, ...commit, realServers };
  });
}

function resolveRealServers(scope: ServiceScope): readonly LabRealServer[] {
  const { service, report } = scope;
  const seen = new Set<string>();
  return service['real-servers'].flatMap((text, position) => {
    const path = ['services', scope.index, 'real-servers', position];
    const { node, weight, port = service.port } = text;
    const key = `${node} ${port}`;
    if (seen.has(key)) report(path, 'duplicate', `names ${node} with port ${port} again`);
    seen.add(key);
    const keeping = PortKeepingMethods.get(service.method);
    if (keeping !== undefined && port !== service.port) {
      const message = `has to be ${service.port} like the service's: ${keeping} does not rewrite ports`;
      report([...path, 'port'], 'conflict', message);
    }
    const address = resolveAddress(text, position, scope);
    return address === undefined ? [] : [{ node, address, port, weight }];
  });
}

function resolveAddress(
  { node: name }: RealServerText,
  position: number,
  scope: ServiceScope,
): LabRealServer['address'] | undefined {
  const { service, index, nodes, report } = scope;
  const path = ['services', index, 'real-servers', position];
  const node = nodes.find((candidate) => candidate.name === name);
  if (node?.kind !== 'real-server') {
    const found = node === undefined ? 'is no node of this file' : `is a ${node.kind}`;
    report(path, 'unknown-reference', `names ${name}, which ${found}`);
    return undefined;
  }
  const reach = Reach[service.method];
  const network = scope[reach.network];
  // A network that does not exist has been reported where it should be named.
  if (network === undefined) return undefined;
  const family = familyOf(service.address);
  const address = addressIn(node, network.name, family);
  if (address === undefined) {
    const isLinked = addressIn(node, network.name) !== undefined;
    const lack = isLinked ? `no ${describeFamily(family)} address in` : 'no link to';
    const message = `which has ${lack} ${network.name}, the network of ${reach.use}`;
    report(path, 'missing', `names ${name}, ${message}`);
  }
  return address;
}
