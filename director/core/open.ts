import { assert } from '../base/invariant.js';
import type { Instant } from '../base/time.js';
import type { Flow } from '../wire/flow.js';
import { Protocol } from '../wire/ipv4.js';
import type { ConnectionKey } from './connection-row.js';
import { Flag, NoConnection } from './connections.js';
import { DropReason } from './counters.js';
import type { Director } from './director.js';
import { makeRoom } from './eviction.js';
import { bindConnection } from './lifecycle.js';
import { refusal } from './refusal.js';
import { Method, type RealServer } from './services.js';
import { State } from './states.js';

/**
 * Makes the entry of a new connection to a real server's port, in its first state. Answers its index, or a refusal when
 * the table is full of connections worth keeping, the client has too many, or FullNat has no local endpoint left.
 */
export function openConnection(
  director: Director,
  flow: Flow,
  server: RealServer,
  realPort: number,
  now: Instant,
): number {
  const { connections } = director;
  const key: ConnectionKey = {
    family: flow.family,
    protocol: flow.protocol,
    clientWords: flow.source,
    clientPort: flow.sourcePort,
    virtualWords: flow.destination,
    virtualPort: flow.destinationPort,
    realWords: server.words,
    realPort,
  };
  let index = connections.insert(key, now);
  if (index === NoConnection) {
    if (connections.isCrowded(key)) return refusal(DropReason.clientLimit);
    if (!makeRoom(director, 1)) return refusal(DropReason.tableFull);
    index = connections.insert(key, now);
    assert(index !== NoConnection, 'room has been made');
  }
  if (flow.protocol === Protocol.udp) {
    connections.state[index] = State.udp;
    if (server.service.isOnePacket) connections.setFlag(index, Flag.onePacket);
  }
  if (server.method === Method.fullNat && !director.localEndpoints.assign(index)) {
    connections.release(index);
    return refusal(DropReason.noLocalPort);
  }
  director.offload?.giveWay(index);
  bindConnection(director, index, server);
  server.stats.countConnection();
  server.service.stats.countConnection();
  return index;
}
