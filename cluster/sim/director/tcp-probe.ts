import type { Duration } from '../../../director/base/time.js';
import { toWords } from '../../../director/wire/address-words.js';
import type { TcpCheckConfig } from '../../config/checker-config.js';
import type { Abandon, Probe, ProbeAnswer } from '../../member/health/probe.js';
import type { Host } from '../host/host.js';
import type { TcpEnd } from '../host/tcp-connection.js';
import type { Deliver } from './peer-streams.js';

/** Where probes of a process come from. */
export interface ProbePlace {
  readonly host: Host;
  readonly deliver: Deliver;
  wait(length: Duration, act: () => void): Abandon;
  /** A local port that no other connection has. */
  port(): number;
}

/** What the end of a connection says about the server, as `connect` reports it. */
const Ends: Readonly<Record<TcpEnd, ProbeAnswer>> = {
  closed: { kind: 'failure', reason: 'connection closed', isAnswered: true },
  reset: { kind: 'failure', reason: 'connection reset', isAnswered: true },
  refused: { kind: 'failure', reason: 'connection refused', isAnswered: true },
  timeout: { kind: 'failure', reason: 'no connection in time', isAnswered: false },
  aborted: { kind: 'failure', reason: 'no connection in time', isAnswered: false },
};

/** `TCP_CHECK` by the TCP of a host: a connection is established, and ended again. */
export function tcpProbe({ connection }: TcpCheckConfig, place: ProbePlace): Probe {
  const { host, deliver } = place;
  const { family, words: remote } = toWords(connection.address);
  return (_step, report) => {
    let isOver = false;
    const step = host.route(family, new Uint32Array(4), remote);
    const local = step?.card.source(family);
    const opened =
      local &&
      host.tcp.connect({
        family,
        local,
        localPort: place.port(),
        remote,
        remotePort: connection.port,
      });
    const end = (answer: ProbeAnswer | undefined): void => {
      if (isOver) return;
      isOver = true;
      giveUp();
      if (opened !== undefined) {
        opened.user = undefined;
        opened.abort();
      }
      if (answer !== undefined) report(answer);
    };
    const giveUp = place.wait(connection.timeout, () => end(Ends.timeout));
    if (opened === undefined) {
      deliver(() => end({ kind: 'failure', reason: 'network unreachable', isAnswered: false }));
      return () => end(undefined);
    }
    opened.user = {
      connected: () => deliver(() => end({ kind: 'success' })),
      data: () => {},
      ended: () => {},
      closed: (how) => deliver(() => end(Ends[how])),
    };
    opened.open();
    return () => end(undefined);
  };
}
