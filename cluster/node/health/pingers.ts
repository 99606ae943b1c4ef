import { isIpv6 } from '../../../director/base/address.js';
import { IoError } from '../../../director/base/errors.js';
import { assert } from '../../../director/base/invariant.js';
import { EchoSocket } from '../../../director/io/echo-socket.js';
import type { CheckConnection } from '../../config/checker-config.js';

/** The sockets that echo requests are sent by: one for each family, and for each mark, device and source asked for. */
export class Pingers {
  readonly #sockets = new Map<string, EchoSocket>();

  /** Makes sure of the socket for a connection. Throws an `IoError` when the environment refuses it. */
  async open(connection: CheckConnection): Promise<void> {
    const key = keyOf(connection);
    if (this.#sockets.has(key)) return;
    const { address, mark, bindDevice: device, bindAddress } = connection;
    const family = isIpv6(address) ? 'ipv6' : 'ipv4';
    const isPlain = mark === 0 && device === undefined && bindAddress === undefined;
    const marking = isPlain ? undefined : { mark, device, bindAddress, bindPort: undefined };
    try {
      this.#sockets.set(key, await EchoSocket.open(family, marking));
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new IoError({ code: 'echo-socket' }, `PING_CHECK cannot send: ${reason}`, { cause });
    }
  }

  /** The socket of a connection that `open` has been called for. */
  of(connection: CheckConnection): EchoSocket {
    const socket = this.#sockets.get(keyOf(connection));
    assert(socket !== undefined, 'a socket is opened before its checker is made');
    return socket;
  }

  close(): void {
    for (const socket of this.#sockets.values()) socket.close();
    this.#sockets.clear();
  }
}

const keyOf = ({ address, mark, bindDevice, bindAddress }: CheckConnection): string =>
  [isIpv6(address) ? 6 : 4, mark, bindDevice ?? '', bindAddress ?? ''].join(' ');
