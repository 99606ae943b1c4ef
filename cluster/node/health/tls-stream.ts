import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { connect, type SecureContext, type TLSSocket } from 'node:tls';

import type { Attempt } from './attempt.js';

/** How SSL_GET speaks TLS. */
export interface TlsOptions {
  readonly context: SecureContext;
  /** True when there is a CA that has to have signed the server's certificate. */
  readonly verifies: boolean;
  readonly serverName: string | undefined;
  /** `tls_compliant`: a stream that ends without close_notify (RFC 8446 §6.1) is a failure. */
  readonly isStrict: boolean;
}

/** How long what has been read may take through TLS: an end that was said is known by then. */
const SettleMs = 20;

/** Speaks TLS over a connected socket. The attempt fails when that does, and holds the stream. */
export function secure(attempt: Attempt, socket: Socket, options: TlsOptions): TLSSocket {
  const { context, verifies, serverName, isStrict } = options;
  const stream = connect({
    socket: isStrict ? withoutEnd(attempt, socket) : socket,
    secureContext: context,
    rejectUnauthorized: verifies,
    // A CA vouches for the server; what it is called does not matter, as in keepalived.
    checkServerIdentity: () => undefined,
    ...(serverName === undefined ? {} : { servername: serverName }),
  });
  stream.on('error', (error) => attempt.failBy(error));
  attempt.holds(() => stream.destroy());
  return stream;
}

/**
 * The socket without its end: Node takes the end of a connection for that of the TLS stream, so here the stream ends only
 * when the server says so. A connection that ends first fails the attempt.
 */
function withoutEnd(attempt: Attempt, socket: Socket): Duplex {
  const stream = new Duplex({
    read: () => void socket.resume(),
    write: (piece, _encoding, done) => void socket.write(piece, done),
    final: (done) => void socket.end(done),
  });
  socket.on('data', (piece) => {
    if (!stream.push(piece)) socket.pause();
  });
  socket.once('end', () => {
    const late = (): void => attempt.fail('the TLS stream ends without close_notify', true);
    const timer = setTimeout(late, SettleMs);
    attempt.holds(() => clearTimeout(timer));
  });
  return stream;
}
