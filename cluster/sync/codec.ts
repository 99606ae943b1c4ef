import { baton } from '#proto/sync.js';

import { assert, unreachable } from '../../director/base/invariant.js';
import {
  isNodeName,
  MaxDatagram,
  MaxFetchWindow,
  MaxItems,
  MaxNackRanges,
  MaxPeers,
  type Datagram,
  type MessageBody,
  type Position,
  type SequenceRange,
} from './message.js';
import {
  entryFromWire,
  recordFromWire,
  recordToWire,
  removalFromWire,
  removalToWire,
  type RecordReject,
} from './record-codec.js';

type Wire = baton.sync.Datagram.$Properties;

/** Why a datagram is not accepted; each is a counter. */
export type DatagramReject =
  | RecordReject
  | 'too-long'
  | 'malformed'
  | 'no-body'
  | 'bad-node-name'
  | 'bad-number'
  | 'too-many-items';

/** What stands around every body: who sends, and in which life. */
export interface Envelope {
  readonly syncId: number;
  readonly node: string;
  readonly epoch: number;
}

/** The UDP payload for a body, without a signature. The caller keeps records and ranges few enough: a payload beyond the limit is a bug. */
export function encodeDatagram(envelope: Envelope, body: MessageBody): Uint8Array {
  const { syncId, node, epoch } = envelope;
  const wire: Wire = { syncId, node, epoch };
  setBody(wire, body);
  const bytes = baton.sync.Datagram.encode(wire).finish();
  assert(bytes.length <= MaxDatagram, 'a sync datagram fits its limit');
  return bytes;
}

function setBody(wire: Wire, body: MessageBody): void {
  switch (body.kind) {
    case 'updates':
      wire.updates = {
        sequence: body.sequence,
        records: body.records.map(recordToWire),
        removals: body.removals.map(removalToWire),
        acknowledge: body.acknowledge,
      };
      return;
    case 'hello':
      wire.hello = body;
      return;
    case 'nack':
      wire.nack = { node: body.node, epoch: body.epoch, ranges: [...body.ranges] };
      return;
    case 'lost-notice':
      wire.lostNotice = body;
      return;
    case 'bulk-request':
      wire.bulkRequest = {};
      return;
    case 'bulk-fetch':
      wire.bulkFetch = body;
      return;
    case 'bulk-chunk':
      wire.bulkChunk = {
        joinerEpoch: body.joinerEpoch,
        transfer: body.transfer,
        cursor: body.cursor,
        nextCursor: Math.max(body.next, 0),
        done: body.next < 0,
        asOf: [...body.asOf],
        records: body.records.map(recordToWire),
      };
      return;
    case 'goodbye':
      wire.goodbye = body;
      return;
    case 'ack':
      wire.ack = body;
      return;
    case 'challenge':
      wire.challenge = {};
      return;
    case 'response':
      wire.response = body;
      return;
    default:
      return unreachable(body);
  }
}

/** Reads a UDP payload from anyone: a datagram of which every field is in range, or why not. Never throws. */
export function decodeDatagram(
  bytes: Uint8Array,
): Datagram | { readonly kind: 'rejected'; readonly reason: DatagramReject } {
  if (bytes.length > MaxDatagram) return { kind: 'rejected', reason: 'too-long' };
  let wire: Wire;
  try {
    wire = baton.sync.Datagram.decode(bytes);
  } catch {
    // The generated decoder reports bad bytes by throwing.
    return { kind: 'rejected', reason: 'malformed' };
  }
  const node = wire.node ?? '';
  if (!isNodeName(node)) return { kind: 'rejected', reason: 'bad-node-name' };
  const epoch = wire.epoch ?? 0;
  if (!isCount(epoch)) return { kind: 'rejected', reason: 'bad-number' };
  const body = readBody(wire);
  if (typeof body === 'string') return { kind: 'rejected', reason: body };
  return { kind: 'datagram', syncId: wire.syncId ?? 0, node, epoch, body };
}

/** A whole number that a double holds exactly: what sequences and epochs must be. */
const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;

function readBody(wire: Wire): MessageBody | DatagramReject {
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

function readUpdates(wire: baton.sync.Updates.$Properties): MessageBody | DatagramReject {
  const sequence = wire.sequence ?? 0;
  if (!isCount(sequence) || sequence === 0) return 'bad-number';
  const records = readAll(wire.records, MaxItems, recordFromWire);
  if (typeof records === 'string') return records;
  const removals = readAll(wire.removals, MaxItems, removalFromWire);
  if (typeof removals === 'string') return removals;
  const acknowledge = wire.acknowledge ?? false;
  return { kind: 'updates', sequence, records, removals, acknowledge };
}

function readHello(wire: baton.sync.Hello.$Properties): MessageBody | DatagramReject {
  const lastSequence = wire.lastSequence ?? 0;
  if (!isCount(lastSequence)) return 'bad-number';
  return {
    kind: 'hello',
    lastSequence,
    entries: wire.entries ?? 0,
    tableComplete: wire.tableComplete ?? false,
    master: wire.master ?? false,
    acknowledge: wire.acknowledge ?? false,
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

function readChunk(wire: baton.sync.BulkChunk.$Properties): MessageBody | DatagramReject {
  const joinerEpoch = wire.joinerEpoch ?? 0;
  const cursor = wire.cursor ?? 0;
  const next = wire.done === true ? -1 : (wire.nextCursor ?? 0);
  // A cursor that does not advance would have the joiner fetch for ever.
  if (!isCount(joinerEpoch) || (next >= 0 && next <= cursor)) return 'bad-number';
  const asOf = readAll(wire.asOf, MaxPeers + 1, readPosition);
  if (typeof asOf === 'string') return asOf;
  const records = readAll(wire.records, MaxItems, entryFromWire);
  if (typeof records === 'string') return records;
  const transfer = wire.transfer ?? 0;
  return { kind: 'bulk-chunk', joinerEpoch, transfer, cursor, next, asOf, records };
}

function readGoodbye(wire: baton.sync.Goodbye.$Properties): MessageBody | DatagramReject {
  const lastSequence = wire.lastSequence ?? 0;
  return isCount(lastSequence) ? { kind: 'goodbye', lastSequence } : 'bad-number';
}
