import { readFileSync } from 'node:fs';

import { test } from 'tap';

import { Replication } from '../../../../cluster/member/replication.js';
import { IpvsSync } from '../../../../cluster/sync/ipvs/ipvs-sync.js';
import { assert } from '../../../../director/base/invariant.js';
import { instant, milliseconds, seconds, type Instant } from '../../../../director/base/time.js';
import { DefaultTimeouts } from '../../../../director/core/states.js';
import { compareConnections } from '../../../../scripts/oracle/compare-tables.js';
import type { ListedConnection } from '../../../../scripts/oracle/connection-listing.js';
import { readFrame } from '../../../../scripts/oracle/frame.js';
import { listConnections } from '../../../../scripts/oracle/our-tables.js';
import { readPcap } from '../../../../scripts/oracle/pcap.js';
import { planReplay, type ReplayPlan } from '../../../../scripts/oracle/replay.js';
import { ReplayedDirector } from '../../../../scripts/oracle/replayed-director.js';
import { syncMessages } from '../../../../scripts/oracle/sync-messages.js';
import { recordings, RecordingsFolder } from '../../../oracle/recordings.js';
import { address } from '../toy-table.js';

/** What a kernel gives entries of each state and kind, in the order of the listing's words. */
const timeouts: Readonly<Record<string, number>> = {
  ESTABLISHED: 900,
  FIN_WAIT: 120,
  TIME_WAIT: 120,
  CLOSE: 10,
  UDP: 300,
};

/** Our backup in the place of the recorded one: it hears the master's messages and nothing else. */
class Backup {
  readonly #stage: ReplayedDirector;
  readonly #replication: Replication;
  readonly #sync: IpvsSync;

  constructor(plan: ReplayPlan, start: Instant) {
    this.#stage = new ReplayedDirector(plan.director, start, () => {});
    const { director } = this.#stage;
    for (const virtual of plan.director.virtualAddresses) director.setLive(virtual, false);
    this.#stage.configure(plan.scenario.marks[0]?.master.services ?? []);
    this.#replication = new Replication(director, () => this.#stage.now);
    this.#sync = new IpvsSync({
      version: 1,
      syncId: 7,
      maxLength: 1472,
      flushBound: milliseconds(20),
      threshold: 3,
      address: address('10.3.0.2'),
      timeoutOf: (protocol, state) =>
        seconds(protocol === 'UDP' ? 300 : (DefaultTimeouts[state] ?? 0)),
    });
    this.#sync.start(start);
  }

  hear(now: Instant, bytes: Uint8Array): void {
    this.#stage.wait(now);
    this.#sync.handleDatagram(now, bytes, address('10.3.0.1'));
    for (const effect of this.#sync.effects.splice(0)) {
      if (effect.kind === 'apply') this.#replication.apply(effect, now);
    }
  }

  /** The table, with the expiries of a kernel's: ours lives half a timeout longer. */
  list(now: Instant): ListedConnection[] {
    this.#stage.wait(now);
    return listConnections(this.#stage.director, now)
      .map((entry) => ({ ...entry, expires: entry.expires - this.#grace(entry) }))
      .filter(({ expires }) => expires > 0);
  }

  get rejected(): Readonly<Record<string, number>> {
    return this.#sync.snapshot().rejected;
  }

  /** Entries that are bound to a real server of our own configuration. */
  get bound(): number {
    const { connections } = this.#stage.director;
    let count = 0;
    for (let index = 0; index < connections.end; index += 1) {
      if (connections.isInUse(index) && (connections.server[index] ?? -1) >= 0) count += 1;
    }
    return count;
  }

  #grace({ state, protocol, virtual }: ListedConnection): number {
    const usual = timeouts[state];
    if (usual !== undefined) return usual / 2;
    // Templates live as long as their service says.
    const service = [...this.#stage.director.services.services()].find((candidate) =>
      protocol === 'IP'
        ? candidate.firewallMark > 0
        : candidate.address === virtual.address && candidate.port === virtual.port,
    );
    return (service?.persistence?.timeout ?? 0) / 2;
  }
}

for (const scenario of recordings()) {
  test(`our backup of ${scenario.name} has what the kernel’s backup had`, (t) => {
    const plan = planReplay(scenario);
    const name = `${scenario.name}.sync.pcap`;
    const capture = readPcap(name, readFileSync(`${RecordingsFolder}/${name}`));
    const start = Math.min(...plan.markTimes, ...capture.frames.map(({ at }) => at));
    const clock = (time: number): Instant => instant(time - start + 1_000_000);
    const backup = new Backup(plan, clock(start));
    const frames = [...capture.frames];
    for (const [index, mark] of scenario.marks.entries()) {
      const time = plan.markTimes[index];
      assert(time !== undefined, 'a mark has a time');
      while ((frames[0]?.at ?? Infinity) <= time) {
        const frame = frames.shift();
        const packet = frame && readFrame(frame);
        const bytes = packet && syncMessages.find(packet);
        if (frame !== undefined && bytes !== undefined) backup.hear(clock(frame.at), bytes);
      }
      const recorded = mark.backup.connections;
      assert(recorded !== undefined, 'the backup’s table was recorded');
      const ours = backup.list(clock(time));
      t.strictSame(compareConnections(ours, recorded), [], `${mark.text}: ${recorded.length}`);
      t.equal(backup.bound >= recorded.length, true, 'every entry has found its real server');
    }
    t.strictSame(backup.rejected, {});
    t.end();
  });
}
