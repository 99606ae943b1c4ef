import {
  addressIn,
  type LabNetwork,
  type LabNode,
  type LabRealServer,
  type LabService,
} from './lab-config.js';
import type { ReportLabProblem } from './lab-report.js';
import type { LabText } from './lab-schema.js';

type ServiceText = LabText['services'][number];
type RealServerText = ServiceText['real-servers'][number];

/** Where directors reach real servers: NAT in the gateway's network, DR in the network of the VIPs itself. */
interface Backends {
  readonly virtual: LabNetwork | undefined;
  readonly gateway: LabNetwork | undefined;
}

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
    const { protocol, address, port, method, scheduler } = service;
    const key = `${protocol} ${address} ${port}`;
    const earlier = firstIndex.get(key);
    if (earlier === undefined) firstIndex.set(key, index);
    else report(['services', index], 'duplicate', `is ${key}, as services[${earlier}] is`);
    const realServers = resolveRealServers({ ...backends, service, index, nodes, report });
    return { protocol, address, port, method, scheduler, realServers };
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
    if (service.method === 'Route' && port !== service.port) {
      const message = `has to be ${service.port} like the service's: DR does not rewrite ports`;
      report([...path, 'port'], 'conflict', message);
    }
    const address = resolveAddress(text, position, scope);
    return address === undefined ? [] : [{ node, address, port, weight }];
  });
}

function resolveAddress(
  { node: name }: RealServerText,
  position: number,
  { service, index, nodes, virtual, gateway, report }: ServiceScope,
): LabRealServer['address'] | undefined {
  const path = ['services', index, 'real-servers', position];
  const node = nodes.find((candidate) => candidate.name === name);
  if (node?.kind !== 'real-server') {
    const found = node === undefined ? 'is no node of this file' : `is a ${node.kind}`;
    report(path, 'unknown-reference', `names ${name}, which ${found}`);
    return undefined;
  }
  const network = service.method === 'Masq' ? gateway : virtual;
  // A network that does not exist has been reported where it should be named.
  if (network === undefined) return undefined;
  const address = addressIn(node, network.name);
  if (address === undefined) {
    const use = service.method === 'Masq' ? 'the gateway' : 'the virtual services';
    report(
      path,
      'missing',
      `names ${name}, which has no link to ${network.name}, the network of ${use}`,
    );
  }
  return address;
}
