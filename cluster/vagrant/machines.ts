import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the Vagrantfile, in the source tree. */
export const vagrantFolder = fileURLToPath(new URL('../../../vagrant', import.meta.url));

/** Where Vagrant keeps what it knows of the machines. */
export const machinesFolder = (): string =>
  resolve(vagrantFolder, process.env['VAGRANT_DOTFILE_PATH'] ?? '.vagrant');

/** What is done to the power of a machine. */
export type PowerAction = 'kill' | 'pause' | 'resume';

/** A VM as its provider knows it. */
export interface Machine {
  readonly provider: string;
  readonly id: string;
  /** When it was made, in milliseconds since the epoch. */
  readonly madeAt: number;
}

type PowerCommand = (id: string) => readonly string[];

const libvirtUri = (): string => process.env['LIBVIRT_DEFAULT_URI'] ?? 'qemu:///system';
const virsh = (verb: string, id: string): string[] => ['virsh', '-q', '-c', libvirtUri(), verb, id];

/** Containers of vagrant-lxc belong to root. */
const lxc = (...argv: readonly string[]): string[] =>
  process.getuid?.() === 0 ? [...argv] : ['sudo', ...argv];

const powerCommands: Readonly<Record<string, Readonly<Record<PowerAction, PowerCommand>>>> = {
  virtualbox: {
    kill: (id) => ['VBoxManage', 'controlvm', id, 'poweroff'],
    pause: (id) => ['VBoxManage', 'controlvm', id, 'pause'],
    resume: (id) => ['VBoxManage', 'controlvm', id, 'resume'],
  },
  libvirt: {
    kill: (id) => virsh('destroy', id),
    pause: (id) => virsh('suspend', id),
    resume: (id) => virsh('resume', id),
  },
  lxc: {
    kill: (id) => lxc('lxc-stop', '-k', '-n', id),
    pause: (id) => lxc('lxc-freeze', '-n', id),
    resume: (id) => lxc('lxc-unfreeze', '-n', id),
  },
};

/**
 * The command line that cuts a machine's power, halts it or lets it go on; undefined for a provider that we do not know.
 * Vagrant's own commands would say goodbye to the guest first, or save it to disk.
 */
export const powerCommand = (
  { provider, id }: Machine,
  action: PowerAction,
): readonly string[] | undefined => powerCommands[provider]?.[action](id);

/** The machines that exist, by name, running or not: Vagrant keeps a file with the id of each. */
export function findMachines(folder = machinesFolder()): ReadonlyMap<string, Machine> {
  const found = new Map<string, Machine>();
  const root = join(folder, 'machines');
  for (const name of foldersIn(root)) {
    for (const provider of foldersIn(join(root, name))) {
      const file = join(root, name, provider, 'id');
      const stat = statSync(file, { throwIfNoEntry: false });
      if (stat === undefined) continue;
      found.set(name, { provider, id: readFileSync(file, 'utf8').trim(), madeAt: stat.mtimeMs });
    }
  }
  return found;
}

const foldersIn = (path: string): string[] =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() === true ? readdirSync(path) : [];
