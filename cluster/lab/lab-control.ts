import type { LabConfig } from '../config/lab-config.js';
import type { IpvsadmAnswer } from '../ipvsadm/command.js';
import type { Api } from '../node/api.js';
import type { Partition, Thinning } from './network-faults.js';

/**
 * A lab that is up: what can be asked of it and done to it, wherever its nodes are. It holds no resources of its own, so any
 * number of processes may have one for the same lab. The name of a node that does not exist is a `UsageError` `no-node`;
 * that of another node where a director is needed, `not-a-director`.
 */
export interface LabControl {
  readonly config: LabConfig;
  readonly name: string;
  /** The names of all nodes, in the order of the lab file. */
  readonly nodes: readonly string[];
  /** The names of the directors, running or not, in the order of the lab file. */
  readonly directors: readonly string[];
  /** The kinds of faults of scenarios that this lab cannot have, and why. */
  readonly lacks: ReadonlyMap<string, string>;
  /** What `killNode` and `pauseNode` do here, in a word or two. */
  readonly means: { readonly kill: string; readonly pause: string };

  /** Ends a director without a warning. Returns the moment, in milliseconds since the epoch, with fractions. */
  killNode(node: string): Promise<number>;
  /** Halts a director, as a machine that hangs: it says nothing, and dies of nothing. */
  pauseNode(node: string): Promise<void>;
  /** Lets a director that was paused go on. */
  resumeNode(node: string): void | Promise<void>;
  /** Asks a director to stop in good order and waits until it has. */
  stopNode(node: string): Promise<void>;
  /** Starts a director that was killed or stopped, and waits until it answers. */
  startNode(node: string, signal?: AbortSignal): Promise<void>;
  /** Cuts the power of a director or a real server: nobody hears of it any more, and its connections are gone. */
  powerOff(node: string): Promise<void>;
  /** Gives it back, and waits until the node serves again. */
  powerOn(node: string): Promise<void>;
  /** True while the process of a director runs. */
  isRunning(node: string): boolean | Promise<boolean>;

  /** Asks a director for a document. Throws an `IoError` `no-answer` when it does not run. */
  request<P extends keyof Api>(node: string, path: P): Promise<Api[P]>;
  /**
   * Writes the configuration that a director has in a lab of the same nodes, and has it read it when it runs. A refusal is an
   * `IoError` `reload-refused`.
   */
  configure(node: string, lab: LabConfig): Promise<void>;
  /** Has a director carry out an ipvsadm command line. Throws an `IoError` `no-answer` when it does not run. */
  ipvsadm(node: string, argv: readonly string[]): Promise<IpvsadmAnswer>;
  /** Lets a director take over from a living master before it has the whole table; false when it lacked some of it. */
  preempt(node: string): Promise<boolean>;

  /**
   * Uses a director's control API and answers the text that comes back. A refusal is a `UsageError` `refused`; an `IoError`
   * `no-answer` when it does not run.
   */
  call(node: string, method: 'GET' | 'POST', path: string, document?: string): Promise<string>;

  /** Cuts nodes off from each other until `heal`; partitions add up. */
  partition(cut: Partition): Promise<void>;
  /** Pulls the cable of a node, out of one network or out of all, or plugs it in again. */
  setLink(node: string, network: string | undefined, isUp: boolean): Promise<void>;
  /** Lets fewer frames through a cable until `heal`. */
  thin(thinning: Thinning): Promise<void>;
  /** Ends every partition and thinning, and plugs every cable in again. */
  heal(): Promise<void>;

  /** The command line that runs `argv` on a node. */
  execArgs(node: string, argv: readonly string[]): readonly string[];
  /** The traffic client as a node has it, to be run by `execArgs`. */
  readonly trafficProgram: readonly string[];
}
