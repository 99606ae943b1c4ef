import type { baton } from '#proto/sync.js';

import { ChangeList } from './change-list.js';
import {
  isNodeName,
  MaxFetchWindow,
  MaxLives,
  MaxNackRanges,
  MaxPeers,
  type BulkChunk,
  type MessageBody,
  type Position,
  type SequenceRange,
  type Updates,
} from './message.js';
import type { RecordReject } from './packed-layout.js';
import type { Life } from './record.js';

type Wire = baton.sync.Datagram.$Properties;

/** Why a datagram is not accepted; each is a counter. */
export type DatagramReject =
  | RecordReject
  | 'too-long'
  | 'malformed'
  | 'no-body'
  | 'bad-node-name'
  | 'bad-number'
  | 'bad-origin'
  | 'too-many-items';

/** What an absent field of bytes holds. */
const nothing = new Uint8Array(0);

/** A whole number that a double holds exactly: what sequences and epochs must be. */
export const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;

/** What a datagram says, or why that cannot be. */
export function readBody(wire: Wire): MessageBody | DatagramReject {
  // Of several bodies the decoder keeps the last, as protobuf demands of a oneof.
  if (wire.updates) return readUpdates(wire.updates);
  if (wire.hello) return readHello(wire.hello);
  if (wire.nack) return readNack(wire.nack);
  if (wire.lostNotice) return readLostNotice(wire.lostNotice);
  if (wire.bulkRequest) return { kind: 'bulk-request' };
  if (wire.bulkFetch) return readFetch(wire.bulkFetch);
  if (wire.bulkChunk) return readChunk(wire.bulkChunk);
  if (wire.goodbye) return readGoodbye(wire.goodbye);
  if (wire.ack) return readAck(wire.ack);
  if (wire.challenge) return { kind: 'challenge' };
  if (wire.response) return readResponse(wire.response);
  if (wire.relay) return readRelay(wire.relay);
  return 'no-body';
}

/** Every item read, or the first reason against one. */
function readAll<Item, Value extends object>(
  items: readonly Item[] | null | undefined,
  limit: number,
  read: (item: Item) => Value | DatagramReject,
): Value[] | DatagramReject {
  const values: Value[] = [];
  if (items && items.length > limit) return 'too-many-items';
  for (const item of items ?? []) {
    const value = read(item);
    if (typeof value === 'string') return value;
    values.push(value);
  }
  return values;
}

function readUpdates(wire: baton.sync.Updates.$Properties): Updates | DatagramReject {
  const sequence = wire.sequence ?? 0;
  if (!isCount(sequence) || sequence === 0) return 'bad-number';
  const changes = ChangeList.read(wire.changes ?? nothing);
  if (typeof changes === 'string') return changes;
  return { kind: 'updates', sequence, changes, acknowledge: wire.acknowledge ?? false };
}

function readHello(wire: baton.sync.Hello.$Properties): MessageBody | DatagramReject {
  const lastSequence = wire.lastSequence ?? 0;
  if (!isCount(lastSequence)) return 'bad-number';
  const heard = readAll(wire.heard, MaxPeers, readPosition);
  if (typeof heard === 'string') return heard;
  return {
    kind: 'hello',
    heard,
    lastSequence,
    entries: wire.entries ?? 0,
    tableComplete: wire.tableComplete ?? false,
    wasComplete: wire.wasComplete ?? false,
    master: wire.master ?? false,
    acknowledge: wire.acknowledge ?? false,
    digest: {
      entries: wire.digest?.entries ?? 0,
      high: wire.digest?.high ?? 0,
      low: wire.digest?.low ?? 0,
    },
  };
}

function readRange(wire: baton.sync.Range.$Properties): SequenceRange | 'bad-number' {
  const first = wire.first ?? 0;
  const last = wire.last ?? 0;
  if (!isCount(first) || !isCount(last) || first === 0 || first > last) return 'bad-number';
  return { first, last };
}

function readNack(wire: baton.sync.Nack.$Properties): MessageBody | DatagramReject {
  const node = wire.node ?? '';
  const epoch = wire.epoch ?? 0;
  if (!isNodeName(node)) return 'bad-node-name';
  if (!isCount(epoch)) return 'bad-number';
  const ranges = readAll(wire.ranges, MaxNackRanges, readRange);
  return typeof ranges === 'string' ? ranges : { kind: 'nack', node, epoch, ranges };
}

function readLostNotice(wire: baton.sync.LostNotice.$Properties): MessageBody | DatagramReject {
  const oldestKept = wire.oldestKept ?? 0;
  return isCount(oldestKept) && oldestKept > 0 ? { kind: 'lost-notice', oldestKept } : 'bad-number';
}

function readFetch(wire: baton.sync.BulkFetch.$Properties): MessageBody | DatagramReject {
  const node = wire.node ?? '';
  const epoch = wire.epoch ?? 0;
  const window = wire.window ?? 0;
  if (!isNodeName(node)) return 'bad-node-name';
  if (!isCount(epoch) || window === 0 || window > MaxFetchWindow) return 'bad-number';
  return {
    kind: 'bulk-fetch',
    node,
    epoch,
    transfer: wire.transfer ?? 0,
    cursor: wire.cursor ?? 0,
    window,
    ownOnly: wire.ownOnly ?? false,
  };
}

function readLife(wire: baton.sync.Life.$Properties): Life | DatagramReject {
  const node = wire.node ?? '';
  const epoch = wire.epoch ?? 0;
  if (!isNodeName(node)) return 'bad-node-name';
  return isCount(epoch) ? { node, epoch } : 'bad-number';
}

function readPosition(wire: baton.sync.Position.$Properties): Position | DatagramReject {
  const node = wire.node ?? '';
  const epoch = wire.epoch ?? 0;
  const sequence = wire.sequence ?? 0;
  if (!isNodeName(node)) return 'bad-node-name';
  return isCount(epoch) && isCount(sequence) ? { node, epoch, sequence } : 'bad-number';
}

function readAck(wire: baton.sync.Ack.$Properties): MessageBody | DatagramReject {
  const position = readPosition(wire);
  return typeof position === 'string' ? position : { kind: 'ack', ...position };
}

function readResponse(wire: baton.sync.Response.$Properties): MessageBody | DatagramReject {
  const node = wire.node ?? '';
  const epoch = wire.epoch ?? 0;
  const counter = wire.counter ?? 0;
  if (!isNodeName(node)) return 'bad-node-name';
  return isCount(epoch) && isCount(counter)
    ? { kind: 'response', node, epoch, counter }
    : 'bad-number';
}

function readRelay(wire: baton.sync.Relay.$Properties): MessageBody | DatagramReject {
  const life = readLife(wire);
  if (typeof life === 'string') return life;
  const updates = readUpdates(wire.updates ?? {});
  return typeof updates === 'string' ? updates : { kind: 'relay', ...life, updates };
}

function readChunk(wire: baton.sync.BulkChunk.$Properties): MessageBody | DatagramReject {
  const joinerEpoch = wire.joinerEpoch ?? 0;
  const cursor = wire.cursor ?? 0;
  const next = wire.done === true ? -1 : (wire.nextCursor ?? 0);
  // A cursor that does not advance would have the joiner fetch for ever.
  if (!isCount(joinerEpoch) || (next >= 0 && next <= cursor)) return 'bad-number';
  const asOf = readAll(wire.asOf, MaxPeers + 1, readPosition);
  if (typeof asOf === 'string') return asOf;
  const content = readRecords(wire);
  if (typeof content === 'string') return content;
  const transfer = wire.transfer ?? 0;
  return { kind: 'bulk-chunk', joinerEpoch, transfer, cursor, next, asOf, ...content };
}

/** The records of a chunk, and whose word they are. */
function readRecords(
  wire: baton.sync.BulkChunk.$Properties,
): Pick<BulkChunk, 'lives' | 'records' | 'origins'> | DatagramReject {
  const lives = readAll(wire.lives, MaxLives, readLife);
  if (typeof lives === 'string') return lives;
  const records = ChangeList.read(wire.records ?? nothing);
  if (typeof records === 'string') return records;
  if (records.removals.length > 0) return 'unknown-kind';
  const origins = wire.origins ?? nothing;
  const areKnown = origins.every((origin) => origin <= lives.length);
  if (origins.length !== records.items.length || !areKnown) return 'bad-origin';
  return { lives, records, origins };
}

function readGoodbye(wire: baton.sync.Goodbye.$Properties): MessageBody | DatagramReject {
  const lastSequence = wire.lastSequence ?? 0;
  return isCount(lastSequence) ? { kind: 'goodbye', lastSequence } : 'bad-number';
}
