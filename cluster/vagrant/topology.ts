import type { LabConfig } from '../config/lab-config.js';
import { vagrantLab, vagrantLimits } from '../config/vagrant-lab.js';

/** What the Vagrantfile reads: the nodes and their addresses, of which it makes as many as are asked for. */
export interface Topology {
  /** The subnet of each network, which a Vagrant network is made of. */
  readonly networks: Readonly<Record<string, string>>;
  readonly nodes: readonly {
    readonly name: string;
    readonly kind: string;
    readonly addresses: Readonly<Record<string, string>>;
  }[];
}

/** The topology of the largest lab on VMs. */
export function topologyOf(base: LabConfig): Topology {
  const { lab } = vagrantLab(base, { ...vagrantLimits, method: 'both', profile: 'baton' });
  return {
    networks: Object.fromEntries(
      lab.networks.map(({ name, prefix }) => [
        name,
        `${prefix.address}/${String(prefix.prefixLength)}`,
      ]),
    ),
    nodes: lab.nodes.map(({ name, kind, links }) => ({
      name,
      kind,
      addresses: Object.fromEntries(links.map(({ network, address }) => [network, address])),
    })),
  };
}
