import { UsageError } from '../../director/base/errors.js';
import type { LabControl } from '../lab/lab-control.js';
import { openLab, runningLabs } from '../lab/lab.js';
import { openVagrantLab, vagrantLabName } from '../vagrant/open.js';

/** The options that every command has. */
export interface CommonOptions {
  readonly lab?: string;
  readonly json?: true;
}

/** The lab that is meant when nothing says which and none is running. */
const defaultName = 'lab';

/**
 * The name of the lab that a command is about: the one asked for, else the only one that runs, else `lab`. Throws a
 * `UsageError` when several run and none is called so.
 */
export function labName({ lab }: CommonOptions): string {
  if (lab !== undefined) return lab;
  const running = runningLabs();
  const [only = defaultName] = running;
  if (running.length <= 1) return only;
  if (running.includes(defaultName)) return defaultName;
  throw new UsageError(
    { code: 'which-lab' },
    `several labs are running: choose one with --lab (${running.join(', ')})`,
  );
}

/** The lab that a command is about: of namespaces, or, named `vagrant`, the one on VMs. */
export async function chosenLab(options: CommonOptions): Promise<LabControl> {
  const name = labName(options);
  return name === vagrantLabName ? openVagrantLab() : openLab(name);
}
