import { after, seconds, type Instant } from '../../../director/base/time.js';
import type { Host } from '../host/host.js';
import type { TcpConnection } from '../host/tcp-connection.js';
import { MessageReader, readMessage, writeMessage, type MessageHead } from './message.js';

/** After so long a connection of a health check is ended. */
const LongestCheck = seconds(5);

/** The other end of a connection, as a real server sees it. */
export interface Endpoint {
  readonly words: Uint32Array;
  readonly port: number;
}

/** Who watches real servers. */
export interface ServerObserver {
  /** A real server has taken a new connection, or a datagram of a flow that it did not know, from this endpoint. */
  opened(server: number, from: Endpoint): void;
  /** A request of a flow has been answered. */
  served(server: number, flow: number): void;
  /** What came was not what the client has sent. */
  damaged(server: number): void;
}

/** The program on a real server: it answers requests of TCP and UDP with the bytes that they ask for. */
export class ServerProgram {
  readonly number: number;
  readonly host: Host;
  readonly #observer: ServerObserver;
  readonly #ports: { readonly protocol: 'tcp' | 'udp'; readonly port: number }[] = [];
  readonly #datagramFlows = new Set<number>();
  #healthPort: number | undefined;
  /** Connections of health checks, the oldest first. */
  readonly #checks: { readonly connection: TcpConnection; readonly until: Instant }[] = [];
  #isWell = true;

  constructor(number: number, host: Host, observer: ServerObserver) {
    this.number = number;
    this.host = host;
    this.#observer = observer;
  }

  /** True when it answers health checks, as far as it is there. */
  get isWell(): boolean {
    return this.#isWell;
  }

  /** Lets directors see how it is, on a port that is open while it is well. */
  listenForChecks(port: number): void {
    this.#healthPort = port;
    this.#followHealth();
  }

  /** While it is unwell it refuses health checks, and answers requests as ever. */
  setWell(isWell: boolean): void {
    this.#isWell = isWell;
    if (this.host.isUp) this.#followHealth();
  }

  /** The program is started again, on a host that has booted. */
  restart(): void {
    this.#followHealth();
    for (const { protocol, port } of this.#ports) {
      if (protocol === 'tcp') this.#listenTcp(port);
      else this.#listenUdp(port);
    }
  }

  /** Answers on a port from now on. */
  listen(protocol: 'tcp' | 'udp', port: number): void {
    this.#ports.push({ protocol, port });
    if (protocol === 'tcp') this.#listenTcp(port);
    else this.#listenUdp(port);
  }

  #followHealth(): void {
    if (this.#healthPort === undefined) return;
    if (!this.#isWell) return this.host.tcp.unlisten(this.#healthPort);
    this.host.tcp.listen(this.#healthPort, (connection) => {
      connection.user = {
        connected: () => {},
        data: () => {},
        ended: () => connection.close(),
        closed: () => {},
      };
      this.#forgetChecks();
      this.#checks.push({ connection, until: after(this.host.queue.now, LongestCheck) });
      return true;
    });
  }

  /** Ends connections that have been open for too long: a director may be gone, or its last word lost. */
  #forgetChecks(): void {
    for (;;) {
      const [first] = this.#checks;
      if (first === undefined || first.until > this.host.queue.now) return;
      this.#checks.shift();
      first.connection.abort();
    }
  }

  #listenTcp(port: number): void {
    this.host.tcp.listen(port, (connection) => {
      const { remote: words, remotePort: port } = connection.endpoints;
      this.#observer.opened(this.number, { words, port });
      this.#serve(connection);
      return true;
    });
  }

  #listenUdp(port: number): void {
    this.host.bindUdp(port, (bytes, { family, source, destination, sourcePort }) => {
      const request = readMessage(bytes);
      if (request === undefined || request === 'damaged') {
        this.#observer.damaged(this.number);
        return;
      }
      if (!this.#datagramFlows.has(request.flow)) {
        this.#datagramFlows.add(request.flow);
        this.#observer.opened(this.number, { words: source, port: sourcePort });
      }
      const ends = { source: destination.slice(), destination: source.slice() };
      const ports = { source: port, destination: sourcePort };
      this.host.sendUdp(family, ends, ports, this.#reply(request));
    });
  }

  #serve(connection: TcpConnection): void {
    const reader = new MessageReader();
    connection.user = {
      connected: () => {},
      data: (bytes) => {
        for (const request of reader.read(bytes)) {
          if (request === 'damaged') {
            this.#observer.damaged(this.number);
            connection.abort();
            return;
          }
          connection.write(this.#reply(request));
        }
      },
      ended: () => connection.close(),
      closed: () => {},
    };
  }

  #reply({ flow, sequence, argument }: MessageHead): Uint8Array {
    this.#observer.served(this.number, flow);
    return writeMessage({ flow, sequence, argument: this.number, length: argument });
  }
}
