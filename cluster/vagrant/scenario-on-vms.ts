import { UsageError } from '../../director/base/errors.js';
import { assert } from '../../director/base/invariant.js';
import { literalAddress } from '../../director/base/literal-address.js';
import type { LabConfig, LabNode, LabService } from '../config/lab-config.js';
import type { ForwardingMethodName } from '../config/node-config.js';
import type { VagrantLabPlan } from '../config/vagrant-lab.js';
import type { Scenario } from '../sim/scenario/scenario-file.js';
import { withSettings } from '../sim/scenario/scenario-run.js';
import { settingNames } from './settings.js';

/** FullNat's own address on VMs, between the hosts and the gateway of the servers' network. */
const LocalAddress = literalAddress('10.2.0.250');

/**
 * The lab of a scenario on the VMs that are there: the first of them, with their addresses and VIPs, and the scenario's
 * settings. Throws a `UsageError` for what these VMs are too few for or cannot do.
 */
export function scenarioOnVms(plan: VagrantLabPlan, scenario: Scenario): LabConfig {
  const { cluster } = scenario;
  const { lab } = plan;
  if (plan.ipvsDirectors.length > 0) {
    throw impossible('every director has to be ours', `${settingNames.profile}=baton`);
  }
  const clients = lab.nodes.filter(({ kind }) => kind === 'client');
  const directors = firstOf(lab, 'director', cluster.directors);
  const servers = firstOf(lab, 'real-server', cluster.servers);
  const { gateway } = lab.cluster;
  assert(gateway !== undefined, 'a lab on VMs has a gateway');
  const usesFullNat = cluster.methods.includes('FullNat');
  return withSettings(
    {
      ...lab,
      nodes: [...clients, ...directors, ...servers],
      cluster: {
        ...lab.cluster,
        localAddresses: usesFullNat ? [{ network: gateway.network, address: LocalAddress }] : [],
      },
      services: cluster.methods.flatMap((method) => servicesOf(lab, method, scenario)),
    },
    scenario,
  );
}

function firstOf(lab: LabConfig, kind: LabNode['kind'], count: number): readonly LabNode[] {
  const nodes = lab.nodes.filter((node) => node.kind === kind);
  if (nodes.length >= count) return nodes.slice(0, count);
  const setting = kind === 'director' ? settingNames.directors : settingNames.realServers;
  throw impossible(`it needs ${count} VMs that are a ${kind}`, `${setting}=${count}`);
}

/** FullNat uses the VIP of NAT: its real servers answer in the same network. */
function servicesOf(
  { services }: LabConfig,
  method: ForwardingMethodName,
  { cluster }: Scenario,
): readonly LabService[] {
  const like = method === 'FullNat' ? 'Masq' : method;
  const found = services.filter(
    (service) => service.method === like && (cluster.udp || service.protocol === 'tcp'),
  );
  if (found.length === 0) {
    throw method === 'Tunnel'
      ? new UsageError({ code: 'not-on-vms' }, 'VMs have no ends of tunnels: TUN runs in a lab')
      : impossible('it needs services that these VMs do not have', `${settingNames.method}=both`);
  }
  return found.map((service) => ({
    ...service,
    method,
    scheduler: cluster.scheduler,
    ...(cluster.persistent > 0 ? { persistenceTimeout: cluster.persistent } : {}),
    realServers: service.realServers.slice(0, cluster.servers),
  }));
}

const impossible = (what: string, setting: string): UsageError =>
  new UsageError(
    { code: 'not-on-vms' },
    `the scenario cannot run on these VMs: ${what}; make them with ${setting} vagrant up`,
  );
