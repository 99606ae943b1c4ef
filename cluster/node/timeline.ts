import type { EventKind, EventSink } from '../member/events.js';
import type { NodeEvent } from './api.js';
import { wallClock } from './clock.js';

/** The most events kept; the oldest go first. */
const MostEvents = 1_000;

/** What happened on this node, for the timeline of a report. */
export class Timeline implements EventSink {
  readonly #node: string;
  readonly #events: NodeEvent[] = [];
  readonly #followers = new Set<(event: NodeEvent) => void>();

  constructor(node: string) {
    this.#node = node;
  }

  get events(): readonly NodeEvent[] {
    return this.#events;
  }

  add(kind: EventKind, text: string): void {
    if (this.#events.length >= MostEvents) this.#events.shift();
    const event = { at: wallClock(), node: this.#node, kind, text };
    this.#events.push(event);
    for (const follower of this.#followers) follower(event);
  }

  /** Tells of every event from now on, until the answer is called. */
  follow(follower: (event: NodeEvent) => void): () => void {
    this.#followers.add(follower);
    return () => this.#followers.delete(follower);
  }
}
