import type { Log } from '../../director/base/log.js';
import type { CommandConfig, NotifyConfig } from '../config/vrrp-config.js';
import { NotifyFifo, type NotifyDrops } from './notify-fifo.js';
import { ScriptQueue, type ScriptSubject } from './script-queue.js';
import { UserCommand, type CommandRules } from './user-command.js';

/** The states that keepalived's scripts know. */
export type NotifyState = 'MASTER' | 'BACKUP' | 'FAULT' | 'STOP';

/** What a notification is about. */
export interface NotifySubject {
  readonly kind: 'INSTANCE' | 'GROUP';
  readonly name: string;
  /** What runs at which state, in this order. */
  readonly commands: Readonly<Record<NotifyState, readonly UserCommand[]>>;
  /** Gets the kind, the name, the state and the priority as further arguments. */
  readonly any: UserCommand | undefined;
  readonly scripts: ScriptSubject;
}

/** Tells people's programs of changes of state: by a line in a pipe, and by scripts, in the order of the changes. */
export class Notifications {
  readonly #rules: CommandRules;
  readonly #fifo: NotifyFifo | undefined;
  readonly #scripts: ScriptQueue;

  /** Throws an `IoError` when the pipe cannot be used. */
  constructor(fifo: string | undefined, rules: CommandRules, log: Log) {
    this.#rules = rules;
    this.#scripts = new ScriptQueue(log);
    this.#fifo = fifo === undefined ? undefined : new NotifyFifo(fifo, log);
  }

  get drops(): NotifyDrops {
    return { scripts: this.#scripts.dropped, lines: this.#fifo?.dropped ?? 0 };
  }

  /** Prepares the scripts of an instance or group. Throws an `IoError` when one must not be run. */
  add(kind: NotifySubject['kind'], name: string, notify: NotifyConfig): NotifySubject {
    const prepare = (command: CommandConfig | undefined): UserCommand[] =>
      command === undefined ? [] : [new UserCommand(command, this.#rules)];
    return {
      kind,
      name,
      commands: {
        MASTER: prepare(notify.master),
        BACKUP: prepare(notify.backup),
        FAULT: prepare(notify.fault),
        STOP: prepare(notify.stop),
      },
      any: prepare(notify.any)[0],
      scripts: this.#scripts.add(name),
    };
  }

  /** The subject has come to a state, with this effective priority. */
  tell(subject: NotifySubject, state: NotifyState, priority: number): void {
    const { kind, name, any, scripts } = subject;
    this.#fifo?.write(`${kind} "${name}" ${state} ${priority}`);
    for (const command of subject.commands[state]) {
      this.#scripts.push(scripts, () => command.start());
    }
    if (any !== undefined) {
      const words = [kind, name, state, String(priority)];
      this.#scripts.push(scripts, () => any.start(words));
    }
  }

  /** Waits until the scripts that have been asked for have been started, at most so long. */
  async close(limitMs: number): Promise<void> {
    await this.#scripts.close(limitMs);
    this.#fifo?.close();
  }
}
