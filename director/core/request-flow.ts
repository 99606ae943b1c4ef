import type { Flow } from '../wire/flow.js';
import type { Director } from './director.js';

/** What a client's packet of a connection says: the director's flow for what is inside of others, until its next use. */
export function requestOf({ connections, inner }: Director, index: number): Flow {
  const { rows } = connections;
  inner.family = connections.familyOf(index);
  inner.protocol = connections.protocol[index] ?? 0;
  for (let word = 0; word < 4; word += 1) {
    inner.source[word] = rows[connections.clientAt(index) + word] ?? 0;
    inner.destination[word] = rows[connections.virtualAt(index) + word] ?? 0;
  }
  inner.sourcePort = connections.clientPort(index);
  inner.destinationPort = connections.virtualPort(index);
  return inner;
}
