import type { IpAddress } from '../../director/base/address.js';
import { SyncSocket } from '../../director/io/sync-socket.js';
import type { IpvsDaemon, IpvsDaemons } from '../member/ipvs-daemons.js';
import { now } from './clock.js';

interface OpenDaemon {
  readonly daemon: IpvsDaemon;
  readonly socket: SyncSocket;
}

/** The sockets of the kernel's sync daemons that this node is: one for each that was started by command. */
export class DaemonSockets {
  readonly #open = new Map<IpvsDaemon['role'], OpenDaemon>();
  #following: Promise<void> = Promise.resolve();

  /**
   * Opens the sockets of daemons that have been started and closes those of daemons that have ended; one call after the
   * other. A daemon whose socket the environment refuses ends, and the refusal is thrown, an `IoError`.
   */
  async follow(
    daemons: IpvsDaemons,
    receive: (bytes: Uint8Array, source: IpAddress) => void,
  ): Promise<void> {
    const following = this.#following
      .catch(() => {})
      .then(async () => {
        await this.#closeEnded(daemons.running);
        for (const daemon of daemons.running) await this.#openFor(daemon, daemons, receive);
      });
    this.#following = following;
    return following;
  }

  /** Sends a message of the master daemon; nothing as long as its socket is not open. */
  send(bytes: Uint8Array): void {
    this.#open.get('master')?.socket.send(bytes);
  }

  async close(): Promise<void> {
    await this.#closeEnded([]);
  }

  async #closeEnded(running: readonly IpvsDaemon[]): Promise<void> {
    for (const [role, { daemon, socket }] of this.#open) {
      if (running.includes(daemon)) continue;
      this.#open.delete(role);
      await socket.close();
    }
  }

  async #openFor(
    daemon: IpvsDaemon,
    daemons: IpvsDaemons,
    receive: (bytes: Uint8Array, source: IpAddress) => void,
  ): Promise<void> {
    const { role, device, address, group, port, ttl, isConfigured } = daemon;
    if (isConfigured || this.#open.has(role)) return;
    const listens = role === 'backup';
    try {
      const place = { device, address, group, port, ttl, peers: [], listens };
      const socket = await SyncSocket.open(place, (bytes, source) => {
        if (listens) receive(bytes, source);
      });
      this.#open.set(role, { daemon, socket });
    } catch (error) {
      daemons.stop(now(), role);
      throw error;
    }
  }
}
