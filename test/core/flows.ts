import type { ConnectionKey } from '../../director/core/connection-row.js';
import { emptyPath, type FlowPath } from '../../director/core/flow-table.js';
import { toWords } from '../../director/wire/address-words.js';
import { Flow } from '../../director/wire/flow.js';
import { ip } from '../base/values.js';

/** The endpoints of a connection as `address:port`; IPv6 in brackets. TCP unless said. */
export interface Endpoints {
  readonly client: string;
  readonly virtual: string;
  readonly real: string;
  readonly protocol?: number;
}

const endpoint = (text: string): { words: Uint32Array; port: number; family: 4 | 6 } => {
  const colon = text.lastIndexOf(':');
  const { words, family } = toWords(ip(text.slice(0, colon).replaceAll(/[[\]]/g, '')));
  return { words, family, port: Number(text.slice(colon + 1)) };
};

/** The key of a connection table entry. */
export function keyOf(endpoints: Endpoints): ConnectionKey {
  const client = endpoint(endpoints.client);
  const virtual = endpoint(endpoints.virtual);
  const real = endpoint(endpoints.real);
  return {
    family: client.family,
    protocol: endpoints.protocol ?? 6,
    clientWords: client.words,
    clientPort: client.port,
    virtualWords: virtual.words,
    virtualPort: virtual.port,
    realWords: real.words,
    realPort: real.port,
  };
}

/** A packet's flow from one endpoint to another. */
export function flowOf(from: string, to: string, protocol = 6): Flow {
  const source = endpoint(from);
  const destination = endpoint(to);
  const flow = new Flow();
  flow.family = source.family;
  flow.protocol = protocol;
  flow.source.set(source.words);
  flow.sourcePort = source.port;
  flow.destination.set(destination.words);
  flow.destinationPort = destination.port;
  return flow;
}

/** What becomes of packets from one endpoint to another: they leave with the given ones, or as they are. */
export interface PathSpec extends Partial<
  Omit<FlowPath, 'source' | 'destination' | 'newSource' | 'newDestination' | 'newFamily'>
> {
  readonly from: string;
  readonly to: string;
  readonly leavesFrom?: string;
  readonly leavesTo?: string;
}

/** A path of TCP, unless said, by interface 1 with an MTU of 1500. */
export function pathOf({ from, to, leavesFrom, leavesTo, ...others }: PathSpec): FlowPath {
  const [source, destination] = [endpoint(from), endpoint(to)];
  const newSource = endpoint(leavesFrom ?? from);
  const newDestination = endpoint(leavesTo ?? to);
  return {
    ...emptyPath(),
    family: source.family,
    protocol: 6,
    source: source.words,
    sourcePort: source.port,
    destination: destination.words,
    destinationPort: destination.port,
    newFamily: newSource.family,
    newSource: newSource.words,
    newSourcePort: newSource.port,
    newDestination: newDestination.words,
    newDestinationPort: newDestination.port,
    device: 1,
    mtu: 1_500,
    ...others,
  };
}
