import type { Log } from '../../../director/base/log.js';
import type {
  NodeConfig,
  RealServerConfig,
  VirtualServerConfig,
} from '../../config/node-config.js';
import type { CommandConfig } from '../../config/vrrp-config.js';
import type { PoolServer, ServerPool } from '../../member/health/server-pool.js';
import { NotifyFifo, type NotifyDrops } from '../notify-fifo.js';
import { ScriptQueue, type ScriptSubject } from '../script-queue.js';
import { UserCommand, type CommandRules } from '../user-command.js';

/** How long the end of a node waits for scripts that have yet to be started. */
const LastWordsMs = 1_000;

/**
 * Tells people's programs of servers that come and go: by `notify_up`, `notify_down`, `quorum_up` and `quorum_down`, and by
 * lines in a pipe. The scripts of one pool run one after the other.
 */
export class PoolScripts {
  readonly #rules: CommandRules;
  readonly #queue: ScriptQueue;
  readonly #log: Log;
  readonly #fifo: NotifyFifo | undefined;
  readonly #subjects = new Map<string, ScriptSubject>();

  /** Throws an `IoError` when the pipe cannot be used. */
  constructor({ scriptSecurity, serverFifo }: NodeConfig, log: Log) {
    this.#rules = { security: scriptSecurity };
    this.#log = log;
    this.#queue = new ScriptQueue(log);
    this.#fifo = serverFifo === undefined ? undefined : new NotifyFifo(serverFifo, log);
  }

  get drops(): NotifyDrops {
    return { scripts: this.#queue.dropped, lines: this.#fifo?.dropped ?? 0 };
  }

  tellServer(pool: ServerPool, { config }: PoolServer, isUp: boolean): void {
    const state = isUp ? 'UP' : 'DOWN';
    this.#fifo?.write(
      `RS ${serverName(pool.virtual, config)} ${serviceName(pool.virtual)} ${state}`,
    );
    const { notifyUp, notifyDown } = config.health;
    this.#run(pool, isUp ? notifyUp : notifyDown);
  }

  tellQuorum(pool: ServerPool, isUp: boolean): void {
    this.#fifo?.write(`VS ${serviceName(pool.virtual)} ${isUp ? 'UP' : 'DOWN'}`);
    const { quorumUp, quorumDown } = pool.virtual.health;
    this.#run(pool, isUp ? quorumUp : quorumDown);
  }

  async close(): Promise<void> {
    await this.#queue.close(LastWordsMs);
    this.#fifo?.close();
  }

  #run({ name }: ServerPool, script: CommandConfig | undefined): void {
    if (script === undefined) return;
    const subject = this.#subjects.get(name) ?? this.#queue.add(name);
    this.#subjects.set(name, subject);
    try {
      const command = new UserCommand(script, this.#rules);
      this.#queue.push(subject, () => command.start());
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#log.warn('a notify script is not run', { service: name, reason });
    }
  }
}

/** `[ADDRESS]:PROTOCOL:PORT` or `FWM MARK`, as keepalived writes it. */
const serviceName = (service: VirtualServerConfig): string =>
  service.firewallMark === undefined
    ? `[${service.address}]:${service.protocol}:${service.port}`
    : `FWM ${service.firewallMark}`;

const serverName = (service: VirtualServerConfig, { address, port }: RealServerConfig): string =>
  `[${address}]:${service.firewallMark === undefined ? service.protocol : 'tcp'}:${port}`;
