import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Never more than this for one command; what measures runs in the background or says how long it takes. */
const CommandTimeoutMs = 60_000;

/** A network namespace that lives as long as the process that holds it. */
export class Namespace {
  readonly name: string;
  readonly holder: number;
  readonly #sleeper: ChildProcess;
  #said = '';
  readonly #started = new Set<ChildProcess>();

  private constructor(name: string, sleeper: ChildProcess, holder: number) {
    this.name = name;
    this.#sleeper = sleeper;
    this.holder = holder;
  }

  static async make(name: string): Promise<Namespace> {
    const sleeper = spawn('unshare', ['--net', '--', 'sleep', 'infinity'], { stdio: 'ignore' });
    const { pid } = sleeper;
    if (pid === undefined) throw new Error('unshare does not start');
    const ours = readlinkSync('/proc/self/ns/net');
    for (let count = 0; count < 1_000; count += 1) {
      if (readlinkSync(`/proc/${pid}/ns/net`) !== ours) return new Namespace(name, sleeper, pid);
      await sleep(2);
    }
    throw new Error('unshare has made no network namespace');
  }

  /** The last words of what was started here. */
  get said(): string {
    return this.#said;
  }

  /** Runs a program to its end and returns what it printed. */
  run(program: string, ...words: readonly string[]): string {
    const [first = '', ...rest] = this.enter(program, ...words);
    const stdio: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe'];
    const options = { encoding: 'utf8' as const, timeout: CommandTimeoutMs, stdio };
    return execFileSync(first, rest, { ...options, maxBuffer: 2 ** 26 });
  }

  /** Runs lines of shell, the first that fails being the last. */
  shell(...lines: readonly string[]): void {
    this.run('sh', '-euc', lines.join('\n'));
  }

  /** Starts a program that is ended by `end` or with the namespace. */
  start(program: string, ...words: readonly string[]): ChildProcess {
    const [first = '', ...rest] = this.enter(program, ...words);
    const child = spawn(first, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (bytes: Buffer) => {
        this.#said = (this.#said + bytes.toString()).slice(-1_000);
      });
    }
    this.#started.add(child);
    child.once('exit', () => this.#started.delete(child));
    return child;
  }

  /** Ends a program that was started here, and waits until it is gone. */
  async end(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => {
      child.once('exit', resolve);
    });
    child.kill(signal);
    await gone;
  }

  async close(): Promise<void> {
    // What has children of its own is to end them.
    for (const child of this.#started) await this.end(child, 'SIGTERM');
    await this.end(this.#sleeper, 'SIGKILL');
  }

  /** The command line that runs another one here. */
  enter(...words: readonly string[]): string[] {
    return ['nsenter', '-t', String(this.holder), '--net', '--', ...words];
  }
}
