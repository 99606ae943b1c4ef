import { spawn, type ChildProcess } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Duplex } from 'node:stream';

import { IoError } from '../../director/base/errors.js';
import { initScript } from './guest-init.js';

const Program = '/usr/bin/linux.uml';

/** What must be on this machine; the guest uses it from here. */
const Needed = [Program, '/usr/sbin/modprobe', '/usr/sbin/ipvsadm', '/usr/sbin/iptables-legacy'];

/** Where Debian's package keeps the modules, one folder a version. */
const ModuleFolder = '/usr/lib/uml/modules';

/** The guest's memory is a file, which is removed from its folder as soon as it is open; tmpfs keeps it off the disk. */
const MemoryFolder = '/dev/shm';

/** Two seconds on an idle machine. */
const BootTimeoutMs = 60_000;

const CommandTimeoutMs = 30_000;

/** How many of the console's lines are told when something goes wrong. */
const ToldLines = 15;

/** What the guest's kernel says before it starts the first process. */
const InitStarts = /^Run .* as init process$/m;

export interface GuestOptions {
  /** An empty folder for whatever the guest needs on this machine; whoever makes it removes it. */
  readonly folder: string;
  /** The tap device of this network namespace that is the guest's one link. */
  readonly tap: string;
  /** The guest's MAC address, as text. */
  readonly mac: string;
}

interface Pending {
  readonly number: number;
  readonly settle: (status: number) => void;
  readonly fail: (error: IoError) => void;
}

/**
 * A Linux kernel with the real IPVS that runs as a process (user-mode-linux) and boots in seconds. Its root is this
 * machine's file system, read-only, so it has the same ipvsadm; its one link is a tap device of the network namespace
 * that this process is in. Commands are shell scripts, one at a time.
 */
export class Guest {
  readonly #process: ChildProcess;
  readonly #serial: Duplex;
  readonly #folder: string;
  readonly #ended: Promise<void>;
  #pending: Pending | undefined;
  #count = 0;
  #failure: IoError | undefined;

  private constructor(options: GuestOptions) {
    this.#folder = options.folder;
    const console = openSync(this.#consoleFile, 'w');
    this.#process = spawn(Program, argumentsOf(options), {
      // A session and process group of its own, so that all of its processes can be ended together.
      detached: true,
      stdio: ['ignore', console, console, 'pipe'],
      env: { ...process.env, TMPDIR: existsSync(MemoryFolder) ? MemoryFolder : options.folder },
    });
    closeSync(console);
    const serial = this.#process.stdio[3];
    if (!isDuplex(serial)) throw new IoError({ code: 'guest' }, 'the guest has no serial line');
    this.#serial = serial;
    this.#serial.on('error', () => {}); // The end of the process tells the same.
    createInterface({ input: this.#serial }).on('line', (line) => this.#hear(line));
    this.#ended = new Promise((resolve) => {
      this.#process.once('error', (cause) => {
        this.#end(new IoError({ code: 'guest' }, `cannot run ${Program}`, { cause }));
        resolve();
      });
      this.#process.once('exit', () => {
        this.#end(this.#complaint('the guest has ended'));
        resolve();
      });
    });
  }

  /** Boots a guest, and returns when it takes commands. */
  static async boot(options: GuestOptions): Promise<Guest> {
    const missing = Needed.filter((file) => !existsSync(file)).map((file) => basename(file));
    if (missing.length > 0) {
      throw new IoError(
        { code: 'missing-program' },
        `${missing.join(', ')} missing: scripts/prepare --interop installs what the guest needs`,
      );
    }
    prepareFolder(options.folder);
    const guest = new Guest(options);
    try {
      await guest.#wait(0, BootTimeoutMs);
    } catch (error) {
      await guest.close();
      throw error;
    }
    return guest;
  }

  /** Runs a shell script in the guest and returns what it wrote. A script that fails is an `IoError`. */
  async run(script: string, timeoutMs = CommandTimeoutMs): Promise<string> {
    this.#count += 1;
    const number = this.#count;
    const file = join(sharedFolder(this.#folder), String(number));
    writeFileSync(`${file}.sh`, script);
    const done = this.#wait(number, timeoutMs);
    this.#serial.write(`${number}\n`);
    const status = await done;
    const output = readFileSync(`${file}.out`, 'utf8');
    rmSync(`${file}.sh`);
    rmSync(`${file}.out`);
    if (status === 0) return output;
    throw new IoError(
      { code: 'guest-command' },
      `a command in the guest failed (${status}): ${output.trim()}\n${script.trim()}`,
    );
  }

  /** Ends the guest at once, with all of its processes. It has nothing to lose. */
  async close(): Promise<void> {
    const { pid } = this.#process;
    if (pid !== undefined && this.#process.exitCode === null && this.#process.signalCode === null) {
      process.kill(-pid, 'SIGKILL');
    }
    await this.#ended;
    this.#serial.destroy();
  }

  get #consoleFile(): string {
    return join(this.#folder, 'console');
  }

  async #wait(number: number, timeoutMs: number): Promise<number> {
    const failure = this.#failure;
    if (failure !== undefined) throw failure;
    return new Promise((resolve, reject) => {
      const what = number === 0 ? 'the guest does not boot' : 'the guest does not answer';
      const timer = setTimeout(() => {
        this.#pending?.fail(this.#complaint(`${what} within ${timeoutMs / 1_000} s`));
      }, timeoutMs);
      const settled = (): void => {
        clearTimeout(timer);
        this.#pending = undefined;
      };
      this.#pending = {
        number,
        settle: (status) => {
          settled();
          resolve(status);
        },
        fail: (error) => {
          settled();
          reject(error);
        },
      };
    });
  }

  #hear(line: string): void {
    const [, number, status] = /^done (\d+) (\d+)$/.exec(line) ?? [];
    const heard = line === 'ready' ? 0 : Number(number);
    if (heard === this.#pending?.number) this.#pending.settle(Number(status ?? 0));
  }

  #end(failure: IoError): void {
    this.#failure = failure;
    this.#pending?.fail(failure);
  }

  #complaint(what: string): IoError {
    const [boot = '', own] = readFileSync(this.#consoleFile, 'utf8').split(InitStarts);
    // What the first process says comes before the trace of a kernel that has lost it.
    const said = own === undefined ? lastLines(boot) : firstLines(own);
    return new IoError({ code: 'guest' }, `${what}; its console says:\n${said}`);
  }
}

const firstLines = (text: string): string => text.trim().split('\n').slice(0, ToldLines).join('\n');
const lastLines = (text: string): string => text.trim().split('\n').slice(-ToldLines).join('\n');

const sharedFolder = (folder: string): string => join(folder, 'shared');

/** modprobe(8) looks for modules in lib/modules below the folder that it is told. */
function prepareFolder(folder: string): void {
  mkdirSync(sharedFolder(folder));
  mkdirSync(join(folder, 'lib'));
  symlinkSync(ModuleFolder, join(folder, 'lib', 'modules'));
  const init = initScript(folder, sharedFolder(folder));
  writeFileSync(join(folder, 'init'), init, { mode: 0o755 });
}

/** The kernel's command line. Consoles other than the first would each open a terminal window. */
const argumentsOf = ({ folder, tap, mac }: GuestOptions): string[] => [
  'mem=256M',
  'umid=guest',
  `uml_dir=${join(folder, 'uml')}`,
  'rootfstype=hostfs',
  'rootflags=/',
  'ro',
  `init=${join(folder, 'init')}`,
  `vec0:transport=tap,ifname=${tap},depth=64,mac=${mac}`,
  'con=null',
  'con0=null,fd:1',
  'ssl=null',
  'ssl0=fd:3,fd:3',
];

const isDuplex = (stream: unknown): stream is Duplex =>
  typeof stream === 'object' && stream !== null && 'write' in stream && 'read' in stream;
