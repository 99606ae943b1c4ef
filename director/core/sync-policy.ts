import type { Instant } from '../base/time.js';
import { Protocol } from '../wire/ipv4.js';
import { Flag, type ConnectionTable } from './connections.js';
import { SctpState } from './sctp-states.js';
import type { Settings } from './settings.js';
import { State } from './states.js';

/** Settings that say when peers are told of a connection. */
export type SyncSettings = Pick<
  Settings,
  'sync_threshold' | 'sync_refresh_period' | 'sync_retries' | 'sync_persist_mode'
>;

/** States in which peers are told of a connection at all: open, or half closed, or, if they know it, closed. */
const TcpStates = bits(State.established, State.finWait, State.closeWait);
const SctpStates = bits(
  SctpState.established,
  SctpState.shutdownSent,
  SctpState.shutdownReceived,
  SctpState.shutdownAckSent,
);

/** The least of half a timeout that a refresh period is compared with, in seconds. */
const LeastRefresh = 10;

/**
 * The last step of the packet path: are peers to be told of this connection now? The rules are IPVS's (ip_vs_sync_conn and
 * ip_vs_sync_conn_needed in ip_vs_sync.c), with T, P the threshold and period, R the refresh period, n the client's packets:
 *
 *     when                              IPVS                                 here
 *     one-packet scheduling             never, but its template              the same
 *     sync_persist_mode 1, of template  never, but its template              the same
 *     TCP, SCTP before ESTABLISHED      never                                with T = 1 from the first packet on
 *     comes to ESTABLISHED              by the rules for packets             the same
 *     half closed (FIN_WAIT and such)   at once, below T as well             the same
 *     over (CLOSE, TIME_WAIT)           at once, below T as well             only if peers know it
 *     any other change of state         not told                             at once, if peers know it
 *     R = 0, P > 0                      n mod P = T                          n >= T, then n mod P = T mod P
 *     R = 0, P = 0                      n = T                                n >= T, once
 *     R > 0                             and min(R, max(timeout / 2, 10 s))   the same
 *                                       since the last time
 *     R > 0, P = 0                      T is not looked at                   the same
 *     R > 0, sync_retries               so many repeats, R / 8 apart         the same
 *     half the timeout since the last   not told: the copy may die first     at once
 *     T = 0                             n mod P = 0; never with P = 0        the same; with P = 0 sync is off
 *     taken over from another node      by the rules for packets             at once (take-over.ts)
 *     removal                           there is no such message             at once
 *
 * `clientPackets` says how many of the n are new since this was asked last: one, or none when it is a real server's, and more
 * for a connection that the kernel carries.
 *
 * IPVS sends nothing about a connection whose packet T was lost or came too early until P packets later; here a connection
 * that peers do not know is due with every packet from T on.
 */
export function isSyncDue(
  connections: ConnectionTable,
  index: number,
  settings: SyncSettings,
  clientPackets: number,
  now: Instant,
): boolean {
  if (!connections.hasFlag(index, Flag.synced)) return isFirstDue(connections, index, settings);
  if (connections.state[index] !== connections.syncedState[index]) {
    connections.syncRepeats[index] = 0;
    return true;
  }
  if (connections.isSyncStale(index, now)) return true;
  return clientPackets > 0 && isAgainDue(connections, index, settings, clientPackets, now);
}

/** Whether peers are to hear of a connection that they do not know. */
function isFirstDue(
  connections: ConnectionTable,
  index: number,
  { sync_threshold: [threshold, period], sync_refresh_period: refresh }: SyncSettings,
): boolean {
  if (threshold === 0 && period === 0) return false;
  if (threshold === 1) return true;
  const protocol = connections.protocol[index] ?? 0;
  const state = connections.state[index] ?? 0;
  if (!isTold(protocol, state)) return false;
  if (isHalfClosed(protocol, state) || (refresh > 0 && period === 0)) return true;
  return (connections.packets[index] ?? 0) >= (threshold === 0 ? period : threshold);
}

/** Whether peers are to hear again of a connection whose state has not changed. */
function isAgainDue(
  connections: ConnectionTable,
  index: number,
  settings: SyncSettings,
  clientPackets: number,
  now: Instant,
): boolean {
  const [threshold, period] = settings.sync_threshold;
  const packets = connections.packets[index] ?? 0;
  const refresh = settings.sync_refresh_period;
  // How far the packets are past the last that was due: with several at a time it may be one of them.
  const past = (packets - (threshold % period)) % period;
  const isPeriodOver = period > 0 && packets >= threshold && past < clientPackets;
  if (refresh === 0 || (period > 0 && !isPeriodOver)) return isPeriodOver;
  const age = connections.sinceSync(index, now);
  const half = Math.max(connections.remaining(index, now) / 2, LeastRefresh);
  if (age >= Math.min(refresh, half)) {
    connections.syncRepeats[index] = 0;
    return true;
  }
  const repeats = connections.syncRepeats[index] ?? 0;
  if (repeats >= settings.sync_retries || age < refresh / 8) return false;
  connections.syncRepeats[index] = repeats + 1;
  return true;
}

/** Templates are told when they change or age, not with every packet of their connections as IPVS does. */
export function isTemplateDue(
  connections: ConnectionTable,
  template: number,
  now: Instant,
): boolean {
  return (
    !connections.hasFlag(template, Flag.synced) ||
    connections.state[template] !== connections.syncedState[template] ||
    connections.isSyncStale(template, now)
  );
}

function isTold(protocol: number, state: number): boolean {
  if (protocol === Protocol.tcp) return hasBit(TcpStates, state);
  return protocol !== Protocol.sctp || hasBit(SctpStates, state);
}

function isHalfClosed(protocol: number, state: number): boolean {
  if (protocol === Protocol.tcp) return state !== State.established;
  return protocol === Protocol.sctp && state !== SctpState.established;
}

function bits(...numbers: readonly number[]): number {
  return numbers.reduce((set, number) => set | (1 << number), 0);
}

const hasBit = (set: number, number: number): boolean => ((set >> number) & 1) === 1;
