import type { Hello, Position } from './message.js';
import type { PeerStream } from './peer-stream.js';

/** A peer that gives its table to whoever asks, and what it said of it last. */
interface Offer {
  readonly peer: PeerStream;
  readonly hello: Hello;
}

/**
 * The tables that are offered to a node which has none, and what those that it has taken know.
 *
 * Complete tables come first. The master has the one that counts; among others, who has most; among equals, the first by
 * name. Yet a master may have missed messages of a node that has died since, which nobody sends to it any more: whoever has
 * come further in what the dead have said, is asked as well.
 */
export class Offers {
  readonly #open = new Map<string, Offer>();
  readonly #heard = new Map<string, number>();
  #taken = 0;
  #failed: string | undefined;

  /** Offers that nothing has come of yet. */
  get size(): number {
    return this.#open.size;
  }

  /** True when a table has been taken. */
  get hasTaken(): boolean {
    return this.#taken > 0;
  }

  has(node: string): boolean {
    return this.#open.has(node);
  }

  add(peer: PeerStream, hello: Hello): void {
    this.#open.set(peer.node, { peer, hello });
  }

  drop(node: string): void {
    this.#open.delete(node);
  }

  /** Drops the offers of peers that have not been heard for too long. */
  dropSilent(isSilent: (peer: PeerStream) => boolean): void {
    for (const { peer } of this.#open.values()) if (isSilent(peer)) this.drop(peer.node);
  }

  /** The peer has not kept its word: it is asked again only when there is nobody else. */
  fail(node: string): void {
    this.#failed = node;
    this.drop(node);
  }

  /** The table of this peer has been fetched. */
  take(node: string): void {
    this.#taken += 1;
    for (const { node: dead, epoch, sequence } of this.#open.get(node)?.hello.heard ?? []) {
      const life = keyOf({ node: dead, epoch });
      this.#heard.set(life, Math.max(sequence, this.#heard.get(life) ?? 0));
    }
    this.drop(node);
  }

  /** Begins anew. */
  clear(): void {
    this.#open.clear();
    this.#heard.clear();
    this.#taken = 0;
  }

  /** Whose table to fetch first. */
  get best(): PeerStream | undefined {
    return this.#sorted[0]?.peer;
  }

  /** Who knows more of the dead than the tables that have been taken. */
  get further(): PeerStream | undefined {
    return this.#sorted.find(({ hello }) => hello.heard.some(this.#isNews))?.peer;
  }

  readonly #isNews = (position: Position): boolean =>
    position.sequence > (this.#heard.get(keyOf(position)) ?? 0);

  get #sorted(): readonly Offer[] {
    return [...this.#open.values()].toSorted(
      (a, b) =>
        Number(a.peer.node === this.#failed) - Number(b.peer.node === this.#failed) ||
        Number(b.hello.tableComplete) - Number(a.hello.tableComplete) ||
        Number(b.hello.master) - Number(a.hello.master) ||
        b.hello.entries - a.hello.entries ||
        (a.peer.node < b.peer.node ? -1 : 1),
    );
  }
}

const keyOf = ({ node, epoch }: Omit<Position, 'sequence'>): string => `${epoch} ${node}`;
