import { isIpv6, parseAddress, type IpAddress } from '../../director/base/address.js';
import { assert } from '../../director/base/invariant.js';
import type { Duration } from '../../director/base/time.js';
import { directorsOf } from './lab-config.js';
import type { LabConfig, LabDirector, LabLink, LabNode, LabService } from './lab-config.js';

/** Who the directors are: all ours, or the second one a real IPVS kernel with keepalived. */
export const vagrantProfiles = ['baton', 'mixed'] as const;
export type VagrantProfile = (typeof vagrantProfiles)[number];

/** Which of the lab's services there are on VMs, by their forwarding method. */
export const vagrantMethods = ['both', 'nat', 'dr'] as const;
export type VagrantMethod = (typeof vagrantMethods)[number];

/** What may be chosen for a lab on VMs; everything else is as in the lab file. */
export interface VagrantSettings {
  readonly directors: number;
  readonly realServers: number;
  readonly method: VagrantMethod;
  readonly profile: VagrantProfile;
  /** Absent: as in the lab file. */
  readonly advertInterval?: Duration;
}

/** The most VMs of a kind: as many as the addresses of the default lab leave room for, and more than a laptop holds. */
export const vagrantLimits = { directors: 4, realServers: 8 } as const;

/** The port of nginx on real servers, and of the services in front of it. */
export const webPort = 8_080;

/** A lab on VMs. */
export interface VagrantLabPlan {
  /** Its services are those whose real servers check traffic. */
  readonly lab: LabConfig;
  /** One in front of the real servers' nginx for each VIP. */
  readonly webServices: readonly LabService[];
  /** The directors that are a real IPVS kernel with keepalived, which know nothing of our control socket. */
  readonly ipvsDirectors: readonly string[];
}

/**
 * The lab of a file as it is built of VMs: the same names, addresses and services, with as many directors and real servers as
 * asked for. VMs have one network for clients and one for servers, on which the directors also sync.
 */
export function vagrantLab(base: LabConfig, settings: VagrantSettings): VagrantLabPlan {
  const { gateway, virtualNetwork, sync } = base.cluster;
  assert(gateway !== undefined, 'the default lab has a gateway');
  const kept = [virtualNetwork, gateway.network];
  const realServers = resized(realServersOf(base), settings.realServers, nextRealServer);
  const nodes = [
    ...base.nodes.filter(({ kind }) => kind === 'client'),
    ...resized(directorsOf(base), settings.directors, nextDirector),
    ...realServers,
  ].map((node) => ({ ...node, links: node.links.filter(({ network }) => kept.includes(network)) }));
  const services = base.services
    .filter(({ method }) => isChosen(method, settings.method))
    .map((service) => ({ ...service, realServers: membersOf(service, realServers) }));
  const lab: LabConfig = {
    ...base,
    name: 'vagrant',
    networks: base.networks.filter(({ name }) => kept.includes(name)),
    nodes,
    services,
    cluster: {
      ...base.cluster,
      advertInterval: settings.advertInterval ?? base.cluster.advertInterval,
      sync: {
        ...sync,
        network: gateway.network,
        format: settings.profile === 'mixed' ? 'ipvs-v1' : sync.format,
      },
    },
  };
  return {
    lab,
    webServices: services.filter(isTcp).map(inFrontOfNginx),
    ipvsDirectors:
      settings.profile === 'mixed'
        ? directorsOf(lab)
            .slice(1)
            .map(({ name }) => name)
        : [],
  };
}

const realServersOf = (lab: LabConfig): readonly LabNode[] =>
  lab.nodes.filter(({ kind }) => kind === 'real-server');

const isChosen = (method: LabService['method'], chosen: VagrantMethod): boolean =>
  chosen === 'both' || method === (chosen === 'nat' ? 'Masq' : 'Route');

const isTcp = ({ protocol }: LabService): boolean => protocol === 'tcp';

const inFrontOfNginx = (service: LabService): LabService => ({
  ...service,
  port: webPort,
  realServers: service.realServers.map((each) => ({ ...each, port: webPort })),
});

/** The first of a kind, and after those of the file more of them. */
function resized<T>(given: readonly T[], count: number, next: (last: T) => T): T[] {
  const nodes = given.slice(0, count);
  while (nodes.length < count) {
    const last = nodes.at(-1);
    assert(last !== undefined, 'the default lab has a node of every kind');
    nodes.push(next(last));
  }
  return nodes;
}

const nextRealServer = (last: LabNode): LabNode => ({
  ...last,
  name: nextName(last.name),
  links: last.links.map(nextLink),
});

/** The later one comes later in the election too. */
const nextDirector = (last: LabDirector): LabDirector => ({
  ...last,
  name: nextName(last.name),
  priority: last.priority >> 1,
  links: last.links.map(nextLink),
});

const nextLink = ({ network, address }: LabLink): LabLink => ({
  network,
  address: nextAddress(address),
});

const nextName = (name: string): string =>
  name.replace(/\d+$/, (number) => String(Number(number) + 1));

function nextAddress(address: IpAddress): IpAddress {
  assert(!isIpv6(address), 'the default lab has IPv4 addresses');
  const next = parseAddress(address.replace(/\d+$/, (byte) => String(Number(byte) + 1)));
  assert(next !== undefined, 'the default lab leaves room for more nodes');
  return next;
}

/** Every real server serves, in its own network as the first one of the file does in its. */
function membersOf(
  service: LabService,
  realServers: readonly LabNode[],
): LabService['realServers'] {
  const [first] = service.realServers;
  assert(first !== undefined, 'every service of the default lab has real servers');
  const at = realServers
    .find(({ name }) => name === first.node)
    ?.links.find(({ address }) => address === first.address);
  assert(at !== undefined, 'a real server of a service is a node');
  return realServers.map(({ name, links }) => {
    const link = links.find(({ network }) => network === at.network);
    assert(link !== undefined, 'real servers are alike');
    return { ...first, node: name, address: link.address };
  });
}
