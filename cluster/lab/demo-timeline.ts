import type { NodeEvent } from '../node/api.js';
import type { TimelineEntry } from './report.js';

/** The first event of a kind at or after `from`, in milliseconds since the epoch. */
export const firstEventAt = (
  events: readonly NodeEvent[],
  kind: NodeEvent['kind'],
  from: number,
): number | undefined =>
  events
    .filter((event) => event.kind === kind && event.at >= from)
    .reduce<number | undefined>((first, { at }) => Math.min(first ?? at, at), undefined);

/**
 * The events of one node from `from` on as lines of the timeline. Gratuitous ARP is repeated by design, and every
 * interface may have its first packet: one line of each is enough for as long as the node stays master.
 */
export function timelineOf(events: readonly NodeEvent[], from: number): readonly TimelineEntry[] {
  const shown = new Set<NodeEvent['kind']>();
  return events
    .filter((event) => event.at >= from)
    .toSorted((left, right) => left.at - right.at)
    .filter(({ kind }) => {
      if (kind === 'started' || kind === 'backup' || kind === 'fault') shown.clear();
      const repeats = kind === 'gratuitous-arp' || kind === 'first-packet';
      if (repeats && shown.has(kind)) return false;
      shown.add(kind);
      return true;
    })
    .map(({ at, node, kind, text }) => ({
      at,
      text: `${node}: ${kind.replace('-', ' ')}: ${text}`,
    }));
}
