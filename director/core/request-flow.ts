import { copyAddress } from '../wire/address-words.js';
import type { Flow } from '../wire/flow.js';
import type { Director } from './director.js';

/** What a client's packet of a connection says: the director's flow for what is inside of others, until its next use. */
export function requestOf({ connections, inner }: Director, index: number): Flow {
  const { rows } = connections;
  inner.family = connections.familyOf(index);
  inner.protocol = connections.protocol[index] ?? 0;
  copyAddress(inner.source, rows, connections.clientAt(index));
  copyAddress(inner.destination, rows, connections.virtualAt(index));
  inner.sourcePort = connections.clientPort(index);
  inner.destinationPort = connections.virtualPort(index);
  return inner;
}
