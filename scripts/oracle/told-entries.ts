import { seconds, toSeconds, between, type Instant } from '../../director/base/time.js';
import type { Director } from '../../director/core/director.js';
import { timeoutOf } from './clock.js';
import { connectionName, type ListedConnection } from './connection-listing.js';
import { endpointText } from './endpoint.js';
import { entryAt } from './our-tables.js';

interface Told {
  readonly entry: ListedConnection;
  readonly at: Instant;
}

/** A backup may not have heard of the latest yet: a kernel sends what it has to tell every two seconds. */
const Delay = seconds(3);

/** What a director has said about its entries to a peer that hears everything. */
export class ToldEntries {
  readonly #told = new Map<string, Told>();

  /** Takes what the director has to say now. */
  listen(director: Director, now: Instant): void {
    const { connections, sync } = director;
    sync.drain(connections, (index) => {
      connections.markSynced(index, now);
      const entry = entryAt(director, index, now);
      this.#told.set(connectionName(entry), { entry, at: now });
    });
  }

  /** How the entries that a recorded backup had differ from those that our peer would have, one line each. */
  compare(recorded: readonly ListedConnection[], now: Instant): string[] {
    const lines: string[] = [];
    const known = new Map(recorded.map((entry) => [connectionName(entry), entry]));
    for (const [name, { entry, at }] of this.#told) {
      const theirs = known.get(name);
      known.delete(name);
      const age = between(at, now);
      if (age < Delay || toSeconds(age) >= timeoutOf(entry.state) - 1) continue;
      if (theirs === undefined) lines.push(`the backup did not know ${name}, ours would`);
      else if (signature(theirs) !== signature(entry)) {
        lines.push(`the backup had ${name} ${signature(theirs)}, ours ${signature(entry)}`);
      }
    }
    return [
      ...lines,
      ...[...known.keys()].map((name) => `the backup knew ${name}, ours would not`),
    ];
  }
}

const signature = ({ state, real }: ListedConnection): string =>
  `${state} at ${endpointText(real)}`;
