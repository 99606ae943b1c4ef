import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';

import { IoError } from '../../director/base/errors.js';
import type { Log } from '../../director/base/log.js';

/** From the end of a monitor to the start of the next: one that cannot work must not keep the node busy. */
const RestartMs = 1_000;
/** After so long a monitor is sure to listen. What happened before is then asked for. */
const SettleMs = 500;
/** The monitor must not outlive the node, also when that is killed. */
const MonitorCommand = ['setpriv', '--pdeathsig', 'KILL', 'ip', '-o', 'monitor', 'link'] as const;

/**
 * Follows the state of network interfaces: up, and with a carrier. A long-lived `ip monitor` tells of changes; when it ends
 * it is started again, and what was missed is found by asking for all links. An interface that does not exist is down.
 */
export class LinkMonitor {
  readonly #changed: (device: string, isUp: boolean) => void;
  readonly #log: Log;
  readonly #isUp: Map<string, boolean>;
  #monitor: ChildProcess | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  /** Watches these interfaces; `changed` is called with every change after `start`. */
  constructor(
    devices: Iterable<string>,
    changed: (device: string, isUp: boolean) => void,
    log: Log,
  ) {
    this.#isUp = new Map([...devices].map((device) => [device, false]));
    this.#changed = changed;
    this.#log = log;
  }

  /** Finds out how the interfaces are, and follows them from then on. Throws an `IoError` when `ip` cannot be asked. */
  start(): void {
    try {
      const listing = execFileSync('ip', ['-o', 'link'], { encoding: 'utf8' });
      for (const { device, isUp } of this.#states(listing)) this.#isUp.set(device, isUp);
    } catch (cause) {
      throw new IoError({ code: 'iproute2' }, 'cannot ask ip link for the interfaces', { cause });
    }
    this.#follow();
  }

  /** The state of a watched interface as it was last heard of. */
  isUp(device: string): boolean {
    return this.#isUp.get(device) ?? false;
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#monitor?.kill('SIGKILL');
  }

  #follow(): void {
    const [program, ...rest] = MonitorCommand;
    const monitor = spawn(program, rest, { stdio: ['ignore', 'pipe', 'ignore'] });
    this.#monitor = monitor;
    createInterface(monitor.stdout).on('line', (line) => {
      const state = readLink(line);
      if (state !== undefined) this.#set(state);
    });
    monitor.on('error', () => {}); // One that does not start closes as well.
    monitor.once('close', () => {
      if (this.#isClosed) return;
      this.#log.warn('ip monitor has ended and is started again');
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#follow(), RestartMs);
    });
    this.#timer = setTimeout(() => this.#askAll(), SettleMs);
  }

  #askAll(): void {
    execFile('ip', ['-o', 'link'], { timeout: 5_000 }, (error, listing) => {
      if (this.#isClosed || error !== null) return;
      for (const state of this.#states(listing)) this.#set(state);
    });
  }

  /** The watched interfaces as a listing of all links shows them. */
  #states(listing: string): LinkState[] {
    const found = new Map(
      listing
        .split('\n')
        .map((line) => readLink(line))
        .filter((state) => state !== undefined)
        .map(({ device, isUp }) => [device, isUp]),
    );
    return [...this.#isUp.keys()].map((device) => ({ device, isUp: found.get(device) ?? false }));
  }

  #set({ device, isUp }: LinkState): void {
    const before = this.#isUp.get(device);
    if (before === undefined || before === isUp) return;
    this.#isUp.set(device, isUp);
    this.#changed(device, isUp);
  }
}

/** What one line of ip(8) says about a link. */
export interface LinkState {
  readonly device: string;
  readonly isUp: boolean;
}

/**
 * Reads a line of `ip -o link` or `ip -o monitor link`, as `2: eth0@if3: <NO-CARRIER,BROADCAST,UP> mtu 1500 ...`, with
 * `Deleted` in front when the interface has gone; undefined for any other line. NO-CARRIER stands where a link that is up
 * is not running.
 */
export function readLink(line: string): LinkState | undefined {
  const [, deleted, device, flags] =
    /^(Deleted )?\d+: ([^\s:@]+)(?:@[^\s:]+)?: <([^>]*)>/.exec(line) ?? [];
  if (device === undefined || flags === undefined) return undefined;
  const words = flags.split(',');
  const isUp = words.includes('UP') && !words.includes('NO-CARRIER') && deleted === undefined;
  return { device, isUp };
}
