/** What a kernel keeps for a process that does not read, in pieces: what Linux's buffers hold of small ones. */
const Limits = { frames: 2_500, datagrams: 256, adverts: 256, streams: 1_024 } as const;

export type InboxKind = keyof typeof Limits;

interface Piece {
  readonly kind: InboxKind;
  readonly take: () => void;
}

/** What has arrived for a process and waits to be read: bounded for each kind of socket, in the order of arrival. */
export class Inbox {
  /** Pieces that found their buffer full. */
  overflows = 0;
  #pieces: Piece[] = [];
  readonly #counts: Record<InboxKind, number> = { frames: 0, datagrams: 0, adverts: 0, streams: 0 };

  get isEmpty(): boolean {
    return this.#pieces.length === 0;
  }

  get size(): number {
    return this.#pieces.length;
  }

  /** Frames that wait, with those that are to be handed out in the piece of work that is under way. */
  get frames(): number {
    return this.#counts.frames;
  }

  /** Keeps a piece; false when its buffer is full, and it is lost. */
  add(kind: InboxKind, take: () => void): boolean {
    if (this.#counts[kind] >= Limits[kind]) {
      this.overflows += 1;
      return false;
    }
    this.#counts[kind] += 1;
    this.#pieces.push({ kind, take });
    return true;
  }

  /** Hands out everything that is there now; what arrives meanwhile waits for the next time. */
  drain(): void {
    const pieces = this.#pieces;
    this.#pieces = [];
    for (const { kind, take } of pieces) {
      this.#counts[kind] -= 1;
      take();
    }
  }

  clear(): void {
    this.#pieces = [];
    for (const kind of ['frames', 'datagrams', 'adverts', 'streams'] as const) {
      this.#counts[kind] = 0;
    }
  }
}
