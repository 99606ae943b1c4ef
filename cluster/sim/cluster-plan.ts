import { literalAddress, literalPrefix } from '../../director/base/literal-address.js';
import { seconds, milliseconds, type Duration } from '../../director/base/time.js';
import type {
  LabConfig,
  LabHealth,
  LabNetwork,
  LabNode,
  LabService,
} from '../config/lab-config.js';
import type { CommitMode, ForwardingMethodName, SchedulerName } from '../config/node-config.js';

/** What a cluster is like that has no file of its own. */
export interface ClusterPlan {
  readonly directors: number;
  readonly servers: number;
  readonly clients: number;
  readonly advertInterval: Duration;
  readonly version: 2 | 3;
  readonly preempt: boolean;
  readonly commit: CommitMode;
  readonly threshold: number;
  readonly period: number;
  readonly deathNotice: boolean;
  readonly isUnicast: boolean;
  readonly isSigned: boolean;
  readonly flushBound: Duration;
  readonly bulkTimeout: Duration;
  readonly scheduler: SchedulerName;
  readonly methods: readonly ForwardingMethodName[];
  readonly hasUdp: boolean;
  /** Seconds for which a client keeps its real server; 0 for no persistence. */
  readonly persistence: number;
  readonly capacity: number;
  /** All directors have the same priority: the greatest address decides. */
  readonly isTied: boolean;
  /** Undefined: directors take their real servers for granted. */
  readonly health: LabHealth | undefined;
}

/** Checks that find out soon, so that a run has time for much to happen. */
export const QuickChecks: LabHealth = {
  port: 7_070,
  delayLoop: seconds(1),
  timeout: seconds(1),
  retry: 1,
  delayBeforeRetry: milliseconds(500),
};

/** Two directors as people set them up who change nothing. */
export const DefaultPlan: ClusterPlan = {
  directors: 2,
  servers: 3,
  clients: 1,
  advertInterval: seconds(1),
  version: 3,
  preempt: true,
  commit: 'none',
  threshold: 3,
  period: 50,
  deathNotice: true,
  isUnicast: false,
  isSigned: false,
  flushBound: milliseconds(20),
  bulkTimeout: seconds(10),
  scheduler: 'rr',
  methods: ['Masq', 'Route'],
  hasUdp: true,
  persistence: 0,
  capacity: 65_536,
  isTied: false,
  health: QuickChecks,
};

/** 32 bytes, as `sync_key` takes them. */
const Secret = 'a-secret-of-the-simulated-cluster';
/** The highest priority, and the step to the next director. */
const HighestPriority = 250;

/** The lab of a plan: clients, servers and sync on networks of their own, one VIP for each forwarding method. */
export function planCluster(plan: ClusterPlan): LabConfig {
  const clients = numbered(plan.clients, (index): LabNode => {
    const links = [{ network: 'clients', address: literalAddress(`10.1.1.${index + 1}`) }];
    return { name: `c${index + 1}`, kind: 'client', links };
  });
  const directors = numbered(plan.directors, (index) => directorOf(plan, index));
  const servers = numbered(plan.servers, (index): LabNode => {
    return {
      name: `s${index + 1}`,
      kind: 'real-server',
      links: [
        { network: 'clients', address: literalAddress(`10.1.3.${index + 1}`) },
        { network: 'servers', address: literalAddress(`10.2.3.${index + 1}`) },
      ],
    };
  });
  return {
    name: 'sim',
    networks: [
      network('clients', '10.1.0.0/16'),
      network('servers', '10.2.0.0/16'),
      network('sync', '10.3.0.0/16'),
    ],
    nodes: [...clients, ...directors, ...servers],
    cluster: {
      version: plan.version,
      virtualRouterId: 51,
      virtualRouters: [],
      advertInterval: plan.advertInterval,
      preempt: plan.preempt,
      commit: plan.commit,
      addresses: [],
      virtualNetwork: 'clients',
      gateway: { network: 'servers', address: literalAddress('10.2.0.254') },
      sync: {
        network: 'sync',
        threshold: plan.threshold,
        period: plan.period,
        bulkTimeout: plan.bulkTimeout,
        deathNotice: plan.deathNotice,
        format: 'baton',
        flushBound: plan.flushBound,
        isUnicast: plan.isUnicast,
        ...(plan.isSigned ? { key: Secret } : {}),
      },
      localAddresses: plan.methods.includes('FullNat')
        ? [{ network: 'servers', address: literalAddress('10.2.0.250') }]
        : [],
      dataPlane: dataPlaneOf(plan),
    },
    services: plan.methods.flatMap((method, index) => servicesOf(plan, method, index)),
    ...(plan.health === undefined ? {} : { health: plan.health }),
  };
}

/** The director of this number; the first one is to be master. */
function directorOf({ directors, isTied }: ClusterPlan, index: number): LabNode {
  const step = Math.max(1, Math.floor((HighestPriority - 10) / directors));
  return {
    name: `d${index + 1}`,
    kind: 'director',
    priority: isTied ? HighestPriority : HighestPriority - step * index,
    links: [
      { network: 'clients', address: literalAddress(`10.1.2.${index + 1}`) },
      { network: 'servers', address: literalAddress(`10.2.2.${index + 1}`) },
      { network: 'sync', address: literalAddress(`10.3.2.${index + 1}`) },
    ],
  };
}

const dataPlaneOf = ({ capacity }: ClusterPlan): LabConfig['cluster']['dataPlane'] => ({
  settings: {},
  connectionCapacity: capacity,
  unknownTcp: 'drop',
  activeActive: false,
  driver: 'auto',
});

function servicesOf(plan: ClusterPlan, method: ForwardingMethodName, index: number): LabService[] {
  const isDirect = method === 'Route' || method === 'Tunnel';
  const service = (protocol: 'tcp' | 'udp', port: number): LabService => ({
    protocol,
    address: literalAddress(`10.1.0.${100 + index}`),
    port,
    method,
    scheduler: plan.scheduler,
    ...(plan.persistence > 0 ? { persistenceTimeout: plan.persistence } : {}),
    realServers: numbered(plan.servers, (server) => ({
      node: `s${server + 1}`,
      address: literalAddress(`10.${isDirect ? 1 : 2}.3.${server + 1}`),
      port,
      weight: 1,
    })),
  });
  return [service('tcp', 80), ...(plan.hasUdp ? [service('udp', 53)] : [])];
}

const numbered = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

const network = (name: string, text: string): LabNetwork => ({ name, prefix: literalPrefix(text) });
