import { baton } from '#proto/sync.js';

import { assert, unreachable } from '../../director/base/invariant.js';
import { isCount, readBody, type DatagramReject } from './body-reader.js';
import {
  isNodeName,
  MaxDatagram,
  type Datagram,
  type MessageBody,
  type Updates,
} from './message.js';

type Wire = baton.sync.Datagram.$Properties;

/** What stands around every body: who sends, and in which life. */
export interface Envelope {
  readonly syncId: number;
  readonly node: string;
  readonly epoch: number;
}

/**
 * The UDP payload for a body, without a signature. The caller keeps records and ranges few enough: a payload beyond the
 * limit is a bug.
 */
export function encodeDatagram(envelope: Envelope, body: MessageBody): Uint8Array {
  const { syncId, node, epoch } = envelope;
  const wire: Wire = { syncId, node, epoch };
  setBody(wire, body);
  const bytes = baton.sync.Datagram.encode(wire).finish();
  assert(bytes.length <= MaxDatagram, 'a sync datagram fits its limit');
  return bytes;
}

const updatesToWire = (updates: Updates): baton.sync.Updates.$Properties => ({
  sequence: updates.sequence,
  changes: updates.changes.bytes,
  acknowledge: updates.acknowledge,
});

function setBody(wire: Wire, body: MessageBody): void {
  switch (body.kind) {
    case 'updates':
      wire.updates = updatesToWire(body);
      return;
    case 'hello':
      wire.hello = { ...body, heard: [...body.heard] };
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
        lives: [...body.lives],
        records: body.records.bytes,
        origins: body.origins,
      };
      return;
    case 'goodbye':
      wire.goodbye = body;
      return;
    case 'ack':
      wire.ack = body;
      return;
    case 'relay':
      wire.relay = { node: body.node, epoch: body.epoch, updates: updatesToWire(body.updates) };
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
