import { UsageError } from '../../director/base/errors.js';
import { vagrantLab, type VagrantLabPlan } from '../config/vagrant-lab.js';
import { defaultLabFile, readLabFile } from '../lab/default-lab.js';
import type { LabControl } from '../lab/lab-control.js';
import { findMachines, type Machine } from './machines.js';
import { settingsFrom } from './settings.js';
import { Shell } from './shell.js';
import { VagrantLab } from './vagrant-lab.js';

/** The name of the lab on VMs, of which there is one for each copy of the source tree. */
export const vagrantLabName = 'vagrant';

/** The VMs that there are, what they were made from, and the way into them. */
export interface OpenMachines {
  readonly plan: VagrantLabPlan;
  readonly machines: ReadonlyMap<string, Machine>;
  readonly shell: Shell;
}

/**
 * The lab of VMs that `vagrant up` has made in the source tree's folder `vagrant`, with the settings of the environment.
 * Throws a `UsageError` `no-lab` when there is none.
 */
export async function openVagrantLab(): Promise<LabControl> {
  const { plan, machines, shell } = await openMachines();
  return new VagrantLab(plan, machines, shell);
}

/** The same in parts. */
export async function openMachines(): Promise<OpenMachines> {
  const plan = vagrantLab(readLabFile(defaultLabFile), settingsFrom(process.env));
  const machines = findMachines();
  if (!plan.lab.nodes.some(({ name }) => machines.has(name))) {
    throw new UsageError({ code: 'no-lab' }, 'there are no VMs yet: run vagrant up in vagrant/');
  }
  return { plan, machines, shell: await Shell.open(machines) };
}

/** Refuses to make or remove a lab of namespaces that could never be asked for, because its name is the VMs'. */
export function refuseVagrantName(name: string): void {
  if (name !== vagrantLabName) return;
  throw new UsageError(
    { code: 'lab-name' },
    "'vagrant' is the lab on virtual machines: vagrant up and vagrant destroy, in vagrant/, make and remove it",
  );
}
