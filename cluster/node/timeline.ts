import type { EventKind, EventSink } from '../member/events.js';
import type { NodeEvent } from './api.js';
import { wallClock } from './clock.js';

/** The most events kept; the oldest go first. */
const MostEvents = 1_000;

/** What happened on this node, for the timeline of a report. */
export class Timeline implements EventSink {
  readonly #node: string;
  readonly #events: NodeEvent[] = [];

  constructor(node: string) {
    this.#node = node;
  }

  get events(): readonly NodeEvent[] {
    return this.#events;
  }

  add(kind: EventKind, text: string): void {
    if (this.#events.length >= MostEvents) this.#events.shift();
    this.#events.push({ at: wallClock(), node: this.#node, kind, text });
  }
}
