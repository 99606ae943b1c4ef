import { test, type Test } from 'tap';

import {
  advertSeconds,
  dialects,
  keepalivedPair,
  nameOf,
  type Dialect,
  type Pair,
} from './keepalived-pair.js';

/*
 * Our director and real keepalived elect one master between them, in every dialect that both speak, in both roles: take-over
 * after a kill and after a stop, and fail-back. keepalived writes down what it does not like about a packet; nothing but
 * the lines below is accepted from it.
 */

/** What keepalived says about itself when all is well. */
const harmless: readonly RegExp[] = [
  /^(Starting|Stopped) Keepalived v/,
  /^Running on Linux /,
  /^Command line: /,
  /^ +'.*'$/,
  /^(Opening file|Configuration file) /,
  /^NOTICE: setting config option max_auto_priority should result in better keepalived performance$/,
  /^Starting VRRP child process, pid=\d+$/,
  /^Registering (Kernel netlink (reflector|command channel)|gratuitous (ARP|NDISC) shared channel)$/,
  /^Assigned address \S+ for interface eth0$/,
  /^Startup complete$/,
  /^VRRP sockpool: /,
  /^\(VI_1\) (removing|setting) VIPs\.$/,
  /^\(VI_1\) Entering (BACKUP|MASTER) STATE( \(init\))?$/,
  /^\(VI_1\) Receive advertisement timeout$/,
  /^\(VI_1\) Sending\/queueing (gratuitous ARPs|Unsolicited Neighbour Adverts) on eth0 for \S+$/,
  /^Sending (gratuitous ARP|unsolicited Neighbour Advert) on eth0 for \S+$/,
  /^Stopping$/,
  /^\(VI_1\) sent 0 priority$/,
  /^Stopped - used /,
  /^CPU usage /,
  // What it says about the adverts of a peer that outranks it, gives way to it, or leaves.
  /^\(VI_1\) Master received advert from \S+ with higher priority \d+, ours \d+$/,
  /^\(VI_1\) Backup received priority 0 advertisement$/,
  /^\(VI_1\) received lower priority \(\d+\) advert from \S+ - discarding$/,
  // A master that is preempted has sent its last advert before it heard of that.
  /^\(VI_1\) Received advert from \S+ with lower priority 100, ours 150, forcing new election$/,
];

/** Without the time in front: `Fri Nov 20 15:27:43 2026: `. */
const textOf = (line: string): string =>
  line.replace(/^\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}: /, '');

const complaints = (lines: readonly string[]): string[] =>
  lines.map(textOf).filter((line) => !harmless.some((pattern) => pattern.test(line)));

/** The longest that a step may take on a busy machine: far more than an election, far less than for ever. */
const patienceMs = 45_000;

/** Our director is the better one. */
async function asMaster(t: Test, { ours, keepalived }: Pair, dialect: Dialect): Promise<void> {
  const name = nameOf(dialect);
  keepalived.start(100);
  t.ok((await keepalived.becomes('master')) < patienceMs, `${name}: keepalived is master alone`);
  ours.start(150);
  t.ok((await ours.becomes('master')) < patienceMs, `${name}: a better director preempts it`);
  t.ok((await keepalived.becomes('backup')) < patienceMs, `${name}: and it gives way`);
  await ours.kill();
  t.ok((await keepalived.becomes('master')) < patienceMs, `${name}: it succeeds a killed director`);
  ours.start(150);
  t.ok((await keepalived.becomes('backup')) < patienceMs, `${name}: which returns`);
  t.ok((await ours.becomes('master')) < patienceMs);
  const stopped = ours.stop();
  const hole = await keepalived.becomes('master');
  // Priority 0: the skew time, not three intervals and the skew.
  t.ok(hole < advertSeconds(dialect) * 1_000 + 1_500, `${name}: and stops: ${Math.round(hole)} ms`);
  await stopped;
  await keepalived.stop();
}

/** keepalived is the better one. */
async function asBackup(t: Test, { ours, keepalived }: Pair, dialect: Dialect): Promise<void> {
  const name = nameOf(dialect);
  keepalived.start(150);
  t.ok((await keepalived.becomes('master')) < patienceMs);
  ours.start(100);
  t.ok((await ours.becomes('backup')) < patienceMs, `${name}: a lower director is backup`);
  await keepalived.kill();
  t.ok((await ours.becomes('master')) < patienceMs, `${name}: it succeeds a killed keepalived`);
  keepalived.start(150);
  t.ok((await keepalived.becomes('master')) < patienceMs, `${name}: which returns`);
  t.ok((await ours.becomes('backup')) < patienceMs, `${name}: and the director gives way`);
  const stopped = keepalived.stop();
  const hole = await ours.becomes('master');
  t.ok(hole < advertSeconds(dialect) * 1_000 + 1_500, `${name}: and stops: ${Math.round(hole)} ms`);
  await stopped;
  await ours.stop();
}

test('our director and real keepalived share a virtual router', async (t) => {
  await Promise.all(
    dialects.map(async (dialect) => {
      const pair = await keepalivedPair(t, dialect);
      await asMaster(t, pair, dialect);
      await asBackup(t, pair, dialect);
      t.strictSame(complaints(pair.keepalived.lines), [], `${nameOf(dialect)}: no complaint`);
    }),
  );
});
