import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

import { z } from 'zod';

import { IoError, UsageError } from '../../director/base/errors.js';
import {
  endProcesses,
  identifyProcess,
  isRunning,
  processesWithEnvironment,
  type ProcessIdentity,
} from './process-identity.js';

const journalLine = z.object({
  role: z.enum(['builder', 'complete', 'switch', 'node', 'director', 'real-server', 'tunnel-end']),
  /** The node's name; empty for the processes that belong to the whole lab. */
  node: z.string(),
  pid: z.int().positive(),
  startTime: z.number(),
});

/**
 * A process of the lab, or a milestone: `builder` is the process that builds the lab and `complete` says that it has
 * finished; `switch` and `node` hold a network namespace open.
 */
export type JournalEntry = Readonly<z.infer<typeof journalLine>>;

export type JournalRole = JournalEntry['role'];

/** The name becomes part of paths, of which one is removed in the end. */
const labNamePattern = /^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/;

/** The longest path of a Unix socket: `sun_path` has 108 bytes with the final zero (unix(7)). */
const socketPathLimit = 107;

/** How long a process of the lab has to end by itself after SIGTERM. */
const graceMs = 2_000;

/** An empty folder is somebody's who has made it this moment, until it is this old. */
const newbornMs = 2_000;

/** The folder that holds one folder a lab: `BATON_STATE`, else /run/baton. */
export function stateRoot(): string {
  const configured = process.env['BATON_STATE'];
  return configured === undefined || configured === '' ? '/run/baton' : configured;
}

/**
 * What a lab leaves on disk while it exists: the lab file as used, the nodes' configurations, sockets and logs, and the
 * journal of its processes, one JSON line each, appended the moment a process exists. The journal is never rewritten, so
 * commands that run side by side cannot lose each other's lines, and `down` can clean up after any crash.
 */
export class StateFolder {
  readonly labName: string;
  readonly path: string;
  readonly #journal: string;

  private constructor(labName: string) {
    if (!labNamePattern.test(labName)) {
      throw new UsageError(
        { code: 'lab-name' },
        `'${labName}' is no name for a lab: letters, digits, '-' and '_', 32 at most`,
      );
    }
    this.labName = labName;
    this.path = join(stateRoot(), labName);
    this.#journal = join(this.path, 'processes.jsonl');
  }

  /**
   * Makes the folder; making it is the lock: of two that try, one wins, and the other gets a `UsageError`
   * `lab-running`. What a dead lab of the same name left is removed first, and said through `notice`.
   */
  static create(labName: string, notice: (text: string) => void): StateFolder {
    const folder = new StateFolder(labName);
    if (existsSync(folder.path) && !folder.isAlive()) {
      notice(`removing what an earlier lab '${labName}' left in ${folder.path}`);
      folder.#remove();
    }
    makeFolder(stateRoot());
    if (!makeFolder(folder.path)) throw alreadyRunning(labName);
    folder.record('builder', '', process.pid);
    return folder;
  }

  /** The folder of a lab that was brought up, even half; undefined when there is none of this name. */
  static find(labName: string): StateFolder | undefined {
    const folder = new StateFolder(labName);
    return existsSync(folder.path) ? folder : undefined;
  }

  /** The names of the labs of which at least one process runs, in order. */
  static running(): string[] {
    if (statSync(stateRoot(), { throwIfNoEntry: false })?.isDirectory() !== true) return [];
    return readdirSync(stateRoot(), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && labNamePattern.test(entry.name))
      .filter((entry) => new StateFolder(entry.name).isAlive())
      .map((entry) => entry.name)
      .toSorted();
  }

  /**
   * The assignment that every process of this lab carries in its environment: it finds the one whose journal line a
   * SIGKILL at the wrong moment has prevented.
   */
  get mark(): string {
    return `BATON_LAB=${this.path}`;
  }

  /** The place of a file of the lab, such as `d1.conf`. */
  file(name: string): string {
    return join(this.path, name);
  }

  /** The control socket of a director. */
  socket(node: string): string {
    return this.file(`${node}.sock`);
  }

  log(node: string): string {
    return this.file(`${node}.log`);
  }

  write(name: string, text: string): string {
    const path = this.file(name);
    writeFileSync(path, text);
    return path;
  }

  /** Appends a process that exists now, even as a zombie, to the journal. */
  record(role: JournalRole, node: string, pid: number): JournalEntry {
    const identity = identifyProcess(pid);
    if (identity === undefined) {
      throw new IoError({ code: 'process-ended' }, `process ${String(pid)} ended at once`);
    }
    const entry: JournalEntry = { role, node, ...identity };
    appendFileSync(this.#journal, `${JSON.stringify(entry)}\n`);
    return entry;
  }

  /** The journal, oldest first. A line cut short by a crash is left out. */
  entries(): JournalEntry[] {
    if (!existsSync(this.#journal)) return [];
    return readFileSync(this.#journal, 'utf8')
      .split('\n')
      .map(parseLine)
      .filter((entry) => entry !== undefined);
  }

  /** The newest process with this role on this node, running or not. */
  latest(role: JournalRole, node: string): JournalEntry | undefined {
    return this.entries().findLast((entry) => entry.role === role && entry.node === node);
  }

  /** True once the lab was brought up to the end. */
  get isComplete(): boolean {
    return this.entries().some(({ role }) => role === 'complete');
  }

  /** True when a process of the lab runs, or one that still builds it. */
  isAlive(): boolean {
    if (this.#isNewborn()) return true;
    const builders = this.isComplete ? [] : this.#builders();
    return builders.some(isRunning) || this.processes().some(isRunning);
  }

  /** The processes that the lab consists of: those of the journal, and marked ones that the journal misses. */
  processes(): ProcessIdentity[] {
    const journaled: ProcessIdentity[] = this.entries().filter(
      ({ role }) => role !== 'builder' && role !== 'complete',
    );
    const missed = processesWithEnvironment(this.mark).filter(
      ({ pid, startTime }) =>
        !journaled.some((entry) => entry.pid === pid && entry.startTime === startTime),
    );
    return [...journaled, ...missed];
  }

  /**
   * Ends every process of the lab and removes the folder. Another process that still builds the lab is asked to stop
   * first and given the time to tidy up by itself.
   */
  async takeDown(): Promise<void> {
    if (!this.isComplete) {
      const others = this.#builders().filter(({ pid }) => pid !== process.pid);
      await endProcesses(others, 2 * graceMs);
    }
    // A command that runs beside this one may start a director meanwhile: look again until none is left.
    for (let round = 0; round < 3; round += 1) {
      await endProcesses(this.processes().filter(isRunning), graceMs);
    }
    this.#remove();
  }

  /** Removes the folder, the journal last: whatever interrupts this, the rest can still be told for a lab's. */
  #remove(): void {
    if (!existsSync(this.path)) return;
    const names = readdirSync(this.path);
    if (names.length > 0 && !existsSync(this.#journal)) {
      throw new UsageError(
        { code: 'not-a-lab-folder' },
        `${this.path} is not the folder of a lab: it stays as it is`,
      );
    }
    for (const name of names.filter((each) => this.file(each) !== this.#journal)) {
      rmSync(this.file(name), { recursive: true, force: true });
    }
    rmSync(this.#journal, { force: true });
    rmSync(this.path, { recursive: true, force: true });
    removeRootIfOurs();
  }

  #builders(): ProcessIdentity[] {
    return this.entries().filter(({ role }) => role === 'builder');
  }

  #isNewborn(): boolean {
    const stat = statSync(this.path, { throwIfNoEntry: false });
    if (stat === undefined || Date.now() - stat.ctimeMs >= newbornMs) return false;
    return readdirSync(this.path).length === 0;
  }
}

/** The folder of the last lab takes /run/baton with it; a folder that the user named stays. */
function removeRootIfOurs(): void {
  if (process.env['BATON_STATE'] !== undefined) return;
  try {
    rmdirSync(stateRoot());
  } catch {
    // Another lab is there.
  }
}

/** Refuses a lab whose control sockets the kernel could not bind. */
export function checkSocketPaths(labName: string, directors: readonly string[]): void {
  for (const director of directors) {
    const path = join(stateRoot(), labName, `${director}.sock`);
    const length = Buffer.byteLength(path);
    if (length <= socketPathLimit) continue;
    throw new UsageError(
      { code: 'socket-path-too-long' },
      `the control socket's path ${path} has ${String(length)} bytes and the limit is ` +
        `${String(socketPathLimit)}: set BATON_STATE to a shorter folder`,
    );
  }
}

function parseLine(line: string): JournalEntry | undefined {
  if (line === '') return undefined;
  try {
    return journalLine.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

/** False when it exists. Not recursive: under /proc, Node 20 would try for ever. */
function makeFolder(path: string): boolean {
  try {
    mkdirSync(path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw new IoError({ code: 'state-folder' }, `cannot make the folder ${path}`, { cause: error });
  }
}

const alreadyRunning = (labName: string): UsageError =>
  new UsageError({ code: 'lab-running' }, `lab '${labName}' is already running`);
