import { createServer, connect, type Server, type Socket } from 'node:net';

import type { IpAddress } from '../../director/base/address.js';
import { IoError } from '../../director/base/errors.js';
import {
  PeerWatch,
  type PeerWatchOptions,
  type Stream,
  type StreamListener,
} from '../member/peer-watch.js';

/** How long the end of a node waits for watchers to end their side. */
const LastWordsMs = 100;

/** Where the streams of death notices are: TCP beside the UDP port of session sync. */
export interface PeerStreamsOptions extends Omit<PeerWatchOptions, 'connect'> {
  /** Our own address on the sync interface. */
  readonly address: IpAddress;
  readonly port: number;
}

/** The TCP streams between directors, of which a `PeerWatch` makes death notices. */
export class PeerStreams {
  readonly watch: PeerWatch;
  readonly #server: Server;
  readonly #accepted = new Set<Socket>();

  private constructor(server: Server, options: PeerStreamsOptions) {
    this.#server = server;
    this.watch = new PeerWatch({
      ...options,
      connect: (host, listener) => {
        const socket = connect({ host, port: options.port });
        listenTo(socket, listener);
        return socketStream(socket);
      },
    });
    server.on('connection', (socket) => this.#accept(socket));
  }

  static async open(options: PeerStreamsOptions): Promise<PeerStreams> {
    const server = createServer();
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(options.port, options.address, resolve);
      });
    } catch (cause) {
      const text = cause instanceof Error ? cause.message : String(cause);
      throw new IoError(
        { code: 'peer-watch' },
        `cannot listen on ${options.address}, TCP port ${options.port}: ${text}`,
        { cause },
      );
    }
    return new PeerStreams(server, options);
  }

  /** Says goodbye and closes every stream. */
  async close(): Promise<void> {
    this.watch.leave();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      // A watcher that does not end its side must not keep this node.
      setTimeout(() => {
        for (const socket of this.#accepted) socket.destroy();
      }, LastWordsMs).unref();
    });
  }

  #accept(socket: Socket): void {
    const listener = this.watch.accept(socketStream(socket));
    if (listener === undefined) {
      socket.destroy();
      return;
    }
    this.#accepted.add(socket);
    socket.on('close', () => this.#accepted.delete(socket));
    listenTo(socket, listener);
  }
}

const socketStream = (socket: Socket): Stream => ({
  write: (bytes) => void socket.write(bytes),
  end: (bytes) => void socket.end(bytes),
  destroy: () => void socket.destroy(),
});

function listenTo(socket: Socket, listener: StreamListener): void {
  let code: string | undefined;
  socket.setNoDelay(true);
  socket.on('data', (piece: Uint8Array) => listener.data(piece));
  socket.on('error', (error: NodeJS.ErrnoException) => {
    code = error.code ?? 'unknown';
    socket.destroy();
  });
  socket.on('close', () => {
    if (code === undefined) listener.closed('closed');
    else listener.closed(code === 'ECONNRESET' ? 'reset' : 'failed');
  });
}
