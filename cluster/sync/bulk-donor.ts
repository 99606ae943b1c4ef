import type { IpAddress } from '../../director/base/address.js';
import { assert } from '../../director/base/invariant.js';
import type { Instant } from '../../director/base/time.js';
import { Allowance } from './allowance.js';
import { ChangeList } from './change-list.js';
import { MaxLives, type BulkChunk, type BulkFetch, type Position } from './message.js';
import type { Outbox } from './outbox.js';
import { GreatestRecord, writeRecord } from './packed-layout.js';
import { positionSize, positionsThatFit } from './position-room.js';
import type { RecordFields } from './record-fields.js';
import type { EntryPage, Life, TableSource } from './record.js';
import { SignatureLength } from './signature.js';
import type { SyncTuning } from './tuning.js';

/** Room that envelope, numbers, field tags and signature of a chunk take at most. */
const chunkRoom = 140 + SignatureLength;

/** Of a chunk's length, the part that positions may take: what is left holds records and the lives they come from. */
const positionShare = 0.4;

/** Bytes of one life inside a chunk, at most. */
const lifeSize = (life: Life): number => life.node.length + 2 + 9 + 2;

/**
 * The donor's side of a bulk transfer: reads a part of the table for whoever asks. Keeps nothing between two fetches:
 * the joiner says where to go on.
 */
export class BulkDonor {
  chunks = 0;
  records = 0;
  /** Fetches that were answered in part only, because too much was asked for at once. */
  overflows = 0;
  readonly #outbox: Outbox;
  readonly #table: TableSource;
  readonly #maxLength: number;
  readonly #allowed: Allowance;

  constructor(outbox: Outbox, table: TableSource, tuning: SyncTuning) {
    this.#outbox = outbox;
    this.#table = table;
    this.#maxLength = tuning.maxLength;
    this.#allowed = new Allowance(tuning.chunksAllowed);
  }

  /** Answers a fetch. The caller has flushed: the table contains exactly what `asOf` says. */
  answer(
    now: Instant,
    fetch: BulkFetch,
    joiner: { readonly life: Life; readonly address: IpAddress },
    asOf: readonly Position[],
  ): void {
    const { transfer } = fetch;
    const joinerEpoch = joiner.life.epoch;
    const known = this.#thatFit(asOf, joiner.life);
    let { cursor } = fetch;
    for (let sent = 0; sent < fetch.window && cursor >= 0; sent += 1) {
      if (!this.#allowed.take(now)) {
        this.overflows += 1;
        return;
      }
      const page = new ChunkPage(this.#roomBeside(known));
      const next = this.#table.readFrom(cursor, fetch.ownOnly ? 'own' : 'all', page);
      assert(next !== cursor, 'the greatest record fits beside the longest list of positions');
      const body = {
        kind: 'bulk-chunk',
        joinerEpoch,
        transfer,
        cursor,
        next,
        asOf: known,
      } as const;
      this.#outbox.send({ ...body, ...page.take() }, joiner.address);
      this.chunks += 1;
      this.records += page.count;
      cursor = next;
    }
  }

  /**
   * The donor's own position, the joiner's, and of the others as many as there is room for: what is left out counts as
   * unknown.
   */
  #thatFit(asOf: readonly Position[], joiner: Life): readonly Position[] {
    const { node } = this.#outbox.envelope;
    const rank = (name: string): number => Number(name !== node) + Number(name !== joiner.node);
    // Who has told nothing is no loss.
    const byUse = asOf.toSorted(
      (left, right) => rank(left.node) - rank(right.node) || right.sequence - left.sequence,
    );
    return positionsThatFit(byUse, this.#maxLength * positionShare);
  }

  #roomBeside(positions: readonly Position[]): number {
    let room = this.#maxLength - chunkRoom;
    for (const position of positions) room -= positionSize(position);
    return room;
  }
}

/** The records of one chunk, with whose word they are. */
class ChunkPage implements EntryPage {
  count = 0;
  readonly #view: DataView;
  readonly #origins: number[] = [];
  readonly #lives: Life[] = [];
  #room: number;
  #length = 0;

  constructor(room: number) {
    this.#room = room;
    this.#view = new DataView(new ArrayBuffer(room + GreatestRecord));
  }

  add(entry: RecordFields, origin: Life | undefined): boolean {
    let place = origin === undefined ? 0 : this.#placeOf(origin);
    const isNew = origin !== undefined && place === 0;
    if (isNew && this.#lives.length >= MaxLives) return false;
    const end = writeRecord(this.#view, this.#length, entry);
    const growth = end - this.#length + 1 + (isNew ? lifeSize(origin) : 0);
    if (growth > this.#room) return false;
    if (isNew) place = this.#lives.push(origin);
    this.#room -= growth;
    this.#length = end;
    this.#origins.push(place);
    this.count += 1;
    return true;
  }

  take(): Pick<BulkChunk, 'lives' | 'records' | 'origins'> {
    const records = ChangeList.read(new Uint8Array(this.#view.buffer, 0, this.#length));
    assert(typeof records !== 'string', 'what was written can be read');
    return { lives: this.#lives, records, origins: Uint8Array.from(this.#origins) };
  }

  #placeOf({ node, epoch }: Life): number {
    return this.#lives.findIndex((life) => life.node === node && life.epoch === epoch) + 1;
  }
}
