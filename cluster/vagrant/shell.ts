import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { IoError, UsageError } from '../../director/base/errors.js';
import { runToEnd, type Finished } from '../lab/subprocess.js';
import { controlSocket } from './guest-units.js';
import { machinesFolder, vagrantFolder, type Machine } from './machines.js';

/** How long Vagrant may take to tell where machines are, and ssh to run a short command. */
const vagrantTimeoutMs = 60_000;
const commandTimeoutMs = 60_000;

/** A machine that is off is not tried again at once: each try takes seconds. */
const lostForMs = 3_000;

/** A running machine accepts a connection within this, even an emulated one. */
const answerMs = 3_000;

/** For so long an address that Vagrant has told is sure to be right. */
const currentForMs = 60_000;

/** How long an idle connection stays, so that the next command need not make one. */
const idleSeconds = 60;

/** Runs a command of Vagrant's about the machines. Throws a `UsageError` when there is no Vagrant. */
export async function runVagrant(
  argv: readonly string[],
  timeoutMs = vagrantTimeoutMs,
): Promise<Finished> {
  const found = await runToEnd(['env', '-C', vagrantFolder, 'vagrant', ...argv], { timeoutMs });
  if (found.status !== 127) return found;
  throw new UsageError(
    { code: 'no-vagrant' },
    'Vagrant is not installed: vagrantup.com, or on Debian apt-get install vagrant',
  );
}

/**
 * The way into the VMs: ssh, as `vagrant ssh-config` describes it. Connections are shared by all commands that run within a
 * minute, and carry the directors' control sockets.
 */
export class Shell {
  readonly #folder: string;
  readonly #config: string;
  readonly #known: Set<string>;
  /** When a node could not be reached, in milliseconds since the start of this process. */
  readonly #lostAt = new Map<string, number>();

  private constructor(folder: string, config: string) {
    this.#folder = folder;
    this.#config = config;
    this.#known = new Set(sectionsOf(this.#text()).keys());
  }

  /** Asks Vagrant where the machines are, unless it has said so since the newest of them was made. */
  static async open(machines: ReadonlyMap<string, Machine>): Promise<Shell> {
    // The paths of sockets have to be short.
    const name = createHash('sha256').update(machinesFolder()).digest('hex').slice(0, 8);
    const folder = join(tmpdir(), `baton-ssh-${String(process.getuid?.() ?? 0)}-${name}`);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const { uid, mode } = statSync(folder);
    if (uid !== process.getuid?.() || (mode & 0o077) !== 0) {
      throw new IoError({ code: 'ssh-folder' }, `${folder} belongs to somebody else: remove it`);
    }
    const shell = new Shell(folder, join(machinesFolder(), 'baton-ssh-config'));
    const nodes = [...machines.keys()];
    const newest = Math.max(...[...machines.values()].map(({ madeAt }) => madeAt));
    const isCurrent = existsSync(shell.#config) && statSync(shell.#config).mtimeMs > newest;
    const missing = isCurrent ? nodes.filter((node) => !shell.#known.has(node)) : nodes;
    await shell.#learn(missing);
    return shell;
  }

  /** The command line that runs `argv` on a node. */
  execArgs(node: string, argv: readonly string[]): string[] {
    const terminal = process.stdin.isTTY && process.stdout.isTTY ? ['-t'] : [];
    return [
      'ssh',
      ...this.#options(),
      '-o',
      'ControlMaster=no',
      ...terminal,
      node,
      ...quoted(argv),
    ];
  }

  /** Runs a short command on a node and gathers what it writes; status 255 says that there is no connection. */
  async run(node: string, argv: readonly string[], input = ''): Promise<Finished> {
    const connected = await this.connect(node);
    if (!connected) return { status: 255, stdout: '', stderr: `${node} cannot be reached` };
    const command = ['ssh', ...this.#options(), '-o', 'ControlMaster=no', node, ...quoted(argv)];
    return runToEnd(command, { input, timeoutMs: commandTimeoutMs });
  }

  /** A socket on this machine that leads to the control socket of a node's director. */
  async control(node: string): Promise<string> {
    if (await this.connect(node)) return this.#socket(node);
    throw new IoError({ code: 'no-answer' }, `${node} cannot be reached over ssh`);
  }

  /** Makes the shared connection of a node, unless there is one; false when the node cannot be reached. */
  async connect(node: string): Promise<boolean> {
    const lostAt = this.#lostAt.get(node);
    if (lostAt !== undefined && performance.now() - lostAt < lostForMs) return false;
    const isConnected = await this.#reach(node);
    if (isConnected) this.#lostAt.delete(node);
    else this.#lostAt.set(node, performance.now());
    return isConnected;
  }

  async #reach(node: string): Promise<boolean> {
    if (!this.#known.has(node)) await this.#learn([node]);
    if (!this.#known.has(node)) return false;
    if (await this.#master(node, '-O', 'check')) return true;
    if (await this.#dial(node)) return true;
    // It may have another address since it was last asked for, which takes Vagrant seconds to tell.
    if (Date.now() - statSync(this.#config).mtimeMs < currentForMs) return false;
    const before = this.#text();
    await this.#learn([node]);
    return this.#text() !== before && this.#dial(node);
  }

  /** Gives up the shared connection of a node that has gone. */
  async disconnect(node: string): Promise<void> {
    await this.#master(node, '-O', 'exit');
    this.#lostAt.set(node, performance.now());
  }

  /** A node that has just booted can be reached again, and not by an earlier connection. */
  async renew(node: string): Promise<void> {
    await this.#master(node, '-O', 'exit');
    this.#lostAt.delete(node);
  }

  async #dial(node: string): Promise<boolean> {
    if (!(await this.#isListening(node))) return false;
    const inBackground = ['-f', '-N', '-M', '-o', `ControlPersist=${String(idleSeconds)}`];
    const forward = `${this.#socket(node)}:${controlSocket}`;
    return this.#master(node, ...inBackground, '-o', 'StreamLocalBindUnlink=yes', '-L', forward);
  }

  /** A machine that is off is found out sooner than by ssh, whose patience has to be that for a slow one. */
  async #isListening(node: string): Promise<boolean> {
    const section = sectionsOf(this.#text()).get(node) ?? '';
    const host = /^\s*HostName (\S+)/m.exec(section)?.[1];
    const port = Number(/^\s*Port (\d+)/m.exec(section)?.[1] ?? 22);
    if (host === undefined) return false;
    return new Promise((resolve) => {
      const socket = connect({ host, port, timeout: answerMs });
      const settle = (isListening: boolean): void => {
        socket.destroy();
        resolve(isListening);
      };
      socket.once('connect', () => settle(true));
      socket.once('timeout', () => settle(false));
      socket.once('error', () => settle(false));
    });
  }

  async #master(node: string, ...argv: readonly string[]): Promise<boolean> {
    const command = ['ssh', ...this.#options(), ...argv, node];
    return (await runToEnd(command, { timeoutMs: commandTimeoutMs })).status === 0;
  }

  #socket(node: string): string {
    return join(this.#folder, `${node}.sock`);
  }

  #options(): string[] {
    const settings = [
      `ControlPath=${join(this.#folder, '%n')}`,
      'ConnectTimeout=10',
      'ServerAliveInterval=5',
      'ServerAliveCountMax=3',
      'LogLevel=ERROR',
    ];
    return ['-F', this.#config, ...settings.flatMap((setting) => ['-o', setting])];
  }

  /** Asks Vagrant for these machines and keeps the answer. One that is off makes it fail for all that follow. */
  async #learn(nodes: readonly string[]): Promise<void> {
    if (nodes.length === 0) return;
    const together = await runVagrant(['ssh-config', ...nodes]);
    const answers = [together.stdout];
    if (together.status !== 0 && nodes.length > 1) {
      for (const node of nodes) answers.push((await runVagrant(['ssh-config', node])).stdout);
    }
    const sections = sectionsOf([this.#text(), ...answers].join('\n'));
    writeFileSync(
      this.#config,
      [...sections.values()].map((each) => `${each.trim()}\n`).join('\n'),
    );
    for (const name of sections.keys()) this.#known.add(name);
  }

  #text(): string {
    return existsSync(this.#config) ? readFileSync(this.#config, 'utf8') : '';
  }
}

/** The parts of an ssh configuration by the host that they are about; of two for one host, the later. */
function sectionsOf(text: string): Map<string, string> {
  const sections = new Map(
    text
      .split(/^(?=Host )/m)
      .map((section): [string, string] => [/^Host (\S+)/.exec(section)?.[1] ?? '', section]),
  );
  sections.delete('');
  return sections;
}

/** The remote shell takes words apart again. */
const quoted = (argv: readonly string[]): string[] =>
  argv.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`));
