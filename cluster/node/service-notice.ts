import { spawn, type ChildProcess } from 'node:child_process';

/**
 * Tells systemd how this service is (sd_notify(3)): ready, stopping, and with a watchdog, again and again, that the event
 * loop turns. Node has no datagram sockets of the Unix domain, so systemd-notify(1) speaks; a shell started once starts
 * it, because a fork of a large process would hold up packets. Without systemd all of this does nothing.
 */
export class ServiceNotice {
  readonly #speaker: ChildProcess | undefined;

  constructor(environment: NodeJS.ProcessEnv) {
    if (environment['NOTIFY_SOCKET'] === undefined) return;
    const script = 'while read -r state; do systemd-notify "$state"; done';
    this.#speaker = spawn('/bin/sh', ['-c', script], {
      stdio: ['pipe', 'ignore', 'inherit'],
      env: environment,
    });
    // Without a speaker systemd's own patience ends: it says so, and starts the service again.
    this.#speaker.on('error', () => {});
    this.#speaker.stdin?.on('error', () => {});
    this.#speaker.unref();
    const everyMs = watchdogMs(environment);
    if (everyMs === undefined) return;
    setInterval(() => this.#say('WATCHDOG=1'), everyMs).unref();
  }

  ready(): void {
    this.#say('READY=1');
  }

  stopping(): void {
    this.#say('STOPPING=1');
  }

  #say(state: string): void {
    this.#speaker?.stdin?.write(`${state}\n`);
  }
}

/** A third of what the watchdog allows, so that one late turn is forgiven; undefined without one. */
function watchdogMs({ WATCHDOG_USEC: allowed }: NodeJS.ProcessEnv): number | undefined {
  const microseconds = Number(allowed);
  return microseconds > 0 ? microseconds / 3_000 : undefined;
}
