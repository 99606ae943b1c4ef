import type { IpAddress } from '../../director/base/address.js';
import { assert } from '../../director/base/invariant.js';
import { type BulkFetch, type Position } from './message.js';
import type { Outbox } from './outbox.js';
import { recordSize } from './record-codec.js';
import type { TableEntry, TableSource } from './record.js';
import { SignatureLength } from './signature.js';

/** Entries looked at for one chunk, so that a fetch of few among many cannot hold a node up. */
const maxReads = 128;

/** Room that envelope, numbers and field tags of a chunk take at most. */
const chunkRoom = 140 + SignatureLength;

/** Bytes of one position inside a chunk, at most. */
const positionSize = (position: Position): number => position.node.length + 2 + 9 + 9 + 2;

/**
 * The donor's side of a bulk transfer: reads a part of the table for whoever asks. Keeps nothing between two fetches:
 * the joiner says where to go on.
 */
export class BulkDonor {
  chunks = 0;
  records = 0;
  readonly #outbox: Outbox;
  readonly #table: TableSource;
  readonly #maxLength: number;

  constructor(outbox: Outbox, table: TableSource, maxLength: number) {
    this.#maxLength = maxLength;
    this.#outbox = outbox;
    this.#table = table;
  }

  /** Answers a fetch. The caller has flushed: the table contains exactly what `asOf` says. */
  answer(fetch: BulkFetch, joinerEpoch: number, asOf: readonly Position[], to: IpAddress): void {
    const { transfer } = fetch;
    let cursor = fetch.cursor;
    for (let sent = 0; sent < fetch.window && cursor >= 0; sent += 1) {
      const { records, next } = this.#readChunk(fetch, cursor, asOf);
      this.#outbox.send(
        { kind: 'bulk-chunk', joinerEpoch, transfer, cursor, next, asOf, records },
        to,
      );
      this.chunks += 1;
      this.records += records.length;
      cursor = next;
    }
  }

  #readChunk(
    fetch: BulkFetch,
    start: number,
    asOf: readonly Position[],
  ): { records: TableEntry[]; next: number } {
    const records: TableEntry[] = [];
    let room = this.#maxLength - chunkRoom;
    for (const position of asOf) room -= positionSize(position);
    let cursor = start;
    for (let reads = 0; reads < maxReads && cursor >= 0; reads += 1) {
      const page = this.#table.readFrom(cursor, 1);
      const wanted = page.records.filter((entry) => !fetch.ownOnly || this.#isOwn(entry));
      for (const entry of wanted) room -= recordSize(entry);
      if (room < 0) break;
      records.push(...wanted);
      cursor = page.next;
    }
    assert(cursor !== start, 'the greatest record fits beside the longest list of positions');
    return { records, next: cursor };
  }

  /** An entry of this node's own, also one from before its restart. */
  #isOwn(entry: TableEntry): boolean {
    return entry.origin === undefined || entry.origin === this.#outbox.envelope.node;
  }
}
