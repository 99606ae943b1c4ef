import type { IpAddress } from '../../../director/base/address.js';
import type { Prng } from '../../../director/base/prng.js';
import { toWords } from '../../../director/wire/address-words.js';
import type {
  Connect,
  PeerWatch,
  Stream,
  StreamEnd,
  StreamListener,
} from '../../member/peer-watch.js';
import type { Host } from '../host/host.js';
import type { TcpConnection, TcpEnd } from '../host/tcp-connection.js';

/** Hands something to the process, which reads it when it runs. */
export type Deliver = (take: () => void) => void;

export interface StreamPlace {
  readonly host: Host;
  readonly port: number;
  readonly deliver: Deliver;
}

/** What the end of a connection proves about the process at its other end. */
const Ends: Readonly<Record<TcpEnd, StreamEnd>> = {
  closed: 'closed',
  reset: 'reset',
  refused: 'failed',
  timeout: 'failed',
  aborted: 'failed',
};

/** Opens the streams of a death watch by the TCP of a host. */
export function connectPeer(
  place: StreamPlace & { readonly own: IpAddress; readonly prng: Prng },
): Connect {
  const { host, port, own, prng } = place;
  return (to, listener) => {
    const { family, words: remote } = toWords(to);
    const endpoints = {
      family,
      local: toWords(own).words,
      localPort: 49_152 + prng.below(16_384),
      remote,
      remotePort: port,
    };
    const connection = host.tcp.connect(endpoints);
    if (connection === undefined) {
      place.deliver(() => listener.closed('failed'));
      return { write: () => {}, end: () => {}, destroy: () => {} };
    }
    listen(connection, listener, place.deliver);
    connection.open();
    return streamOf(connection);
  };
}

/** Lets others watch this node. */
export function listenForPeers(watch: PeerWatch, { host, port, deliver }: StreamPlace): void {
  host.tcp.listen(port, (connection) => {
    let listener: StreamListener | undefined;
    connection.user = {
      connected: () =>
        deliver(() => {
          listener = watch.accept(streamOf(connection));
          if (listener === undefined) connection.abort();
        }),
      data: (bytes) => {
        const copy = bytes.slice();
        deliver(() => listener?.data(copy));
      },
      ended: () => deliver(() => connection.close()),
      closed: (how) => deliver(() => listener?.closed(Ends[how])),
    };
    return true;
  });
}

function listen(connection: TcpConnection, listener: StreamListener, deliver: Deliver): void {
  let hasEnded = false;
  const close = (how: StreamEnd): void => {
    if (hasEnded) return;
    hasEnded = true;
    listener.closed(how);
  };
  connection.user = {
    connected: () => {},
    data: (bytes) => {
      const copy = bytes.slice();
      deliver(() => listener.data(copy));
    },
    // Node closes its side when the peer has closed its own.
    ended: () =>
      deliver(() => {
        connection.close();
        close('closed');
      }),
    closed: (how) => deliver(() => close(Ends[how])),
  };
}

const streamOf = (connection: TcpConnection): Stream => ({
  write: (bytes) => connection.write(bytes),
  end: (bytes) => {
    connection.write(bytes);
    connection.close();
  },
  destroy: () => connection.close(),
});
