import type { Instant } from '../base/time.js';
import { Protocol } from '../wire/ipv4.js';
import { Flag, NoConnection } from './connections.js';
import type { Director } from './director.js';
import { closeConnection, serverOf } from './lifecycle.js';
import { TemplateState, timeoutOf } from './protocol-states.js';
import { SctpState } from './sctp-states.js';
import { State } from './states.js';

/** Entries looked at for one that can go; a bound on the work that one packet of an attacker makes. */
const MostLooks = 64;

/**
 * Makes sure that so many entries can be made. In a full table a clock hand goes round and ends the first entry that is
 * not worth keeping, within 64 steps for each. Such are connections that were never established or are already over
 * (of TCP SYN_RECV, SYNACK, NONE, CLOSE and TIME_WAIT, of SCTP their like), UDP flows of a single datagram, and persistence templates that no
 * connection follows and none has proven. Established connections are never ended for new ones: under a SYN flood the
 * flood's own entries make room for each other, and when none is found the new connection is refused. `spared` is an entry
 * that stays in any case.
 */
export function makeRoom(
  director: Director,
  entries: number,
  spared: number = NoConnection,
): boolean {
  const { connections } = director;
  while (connections.capacity - connections.size < entries) {
    if (!evictOne(director, spared)) return false;
  }
  return true;
}

/** False when nothing could go. */
function evictOne(director: Director, spared: number): boolean {
  const { connections, counters } = director;
  for (let look = 0; look < MostLooks; look += 1) {
    director.evictionHand =
      director.evictionHand + 1 < connections.end ? director.evictionHand + 1 : 0;
    const index = director.evictionHand;
    if (index === spared || !connections.isInUse(index)) continue;
    if (!isExpendable(director, index)) continue;
    closeConnection(director, index);
    counters.evicted += 1;
    return true;
  }
  return false;
}

function isExpendable({ connections, offload }: Director, index: number): boolean {
  const state = connections.state[index] ?? 0;
  if (connections.hasFlag(index, Flag.template)) {
    return state !== TemplateState.assured && connections.children(index) === 0;
  }
  switch (connections.protocol[index]) {
    case Protocol.tcp:
      return ExpendableTcp.has(state);
    case Protocol.sctp:
      return ExpendableSctp.has(state);
    case Protocol.udp:
      // The kernel may know of more.
      offload?.catchUp(index);
      return (connections.packets[index] ?? 0) <= 1;
    default:
      return false;
  }
}

const ExpendableTcp = new Set<number>([
  State.none,
  State.synRecv,
  State.synAck,
  State.close,
  State.timeWait,
]);

const ExpendableSctp = new Set<number>([
  SctpState.none,
  SctpState.init1,
  SctpState.init,
  SctpState.cookieSent,
  SctpState.rejected,
  SctpState.closed,
]);

/** The drop_entry defence, once a second: ends entries of its share of the table that look like a flood. */
export function dropEmbryonic(director: Director, now: Instant): void {
  const { connections, counters, defence, timeouts } = director;
  defence.lookAt(connections.end, (index) => {
    if (!connections.isInUse(index)) return;
    const protocol = connections.protocol[index] ?? 0;
    const state = connections.state[index] ?? 0;
    const isTemplate = connections.hasFlag(index, Flag.template);
    const isDroppable = defence.isDroppable({
      protocol,
      state,
      packets: connections.packets[index] ?? 0,
      idle: timeoutOf(timeouts, protocol, state) - connections.remaining(index, now),
      isTemplate,
      isAssured: isTemplate && state === TemplateState.assured,
      isOnePacket: serverOf(director, index)?.service.isOnePacket ?? false,
      children: connections.children(index),
    });
    if (!isDroppable) return;
    closeConnection(director, index);
    counters.evicted += 1;
  });
}
