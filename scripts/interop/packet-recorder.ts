import { setTimeout as sleep } from 'node:timers/promises';

import { literalAddress } from '../../director/base/literal-address.js';
import { writePcap } from '../oracle/pcap.js';
import type { Bench } from './bench.js';
import { echoReply } from './frames.js';
import { GuestInterface } from './guest-init.js';
import { microseconds, type Outside, type TimedFrame } from './outside.js';
import type { PacketRun } from './packet-generator.js';
import { isOpening, playFlows } from './play-flows.js';

/**
 * An entry that a SYN has ended goes on counting, and can come back to life, until a timer of the guest has taken it out:
 * nothing else may happen until two of the guest's ticks of 10 ms have passed.
 */
const OldEntryMs = 25;

/** On a busy machine a reading may take seconds, and expiries are compared to two. */
const VagueUs = 1_000_000;
const MostReadings = 5;

/** The files of a recorded run, in the format that `npm run oracle packets DIR` reads. */
export interface PacketRecording {
  /** What went by on the guest's one link: clients and servers are on the same. */
  readonly clientSide: Uint8Array;
  readonly text: string;
}

/** Plays a run through the real kernel. */
export async function recordPackets(
  { guest, outside }: Bench,
  run: PacketRun,
): Promise<PacketRecording> {
  const { virtualAddress, guestAddress, rules, name } = run;
  await guest.run(
    [
      `ip address replace ${guestAddress} dev ${GuestInterface} nodad`,
      `ip address replace ${virtualAddress} dev lo`,
      'ipvsadm -C',
      "ipvsadm -R <<'end'",
      ...rules,
      'end',
    ].join('\n'),
  );
  const frames: TimedFrame[] = [];
  outside.take();
  outside.listener = (frame) => frames.push(frame);
  greet(outside, run);
  const rounds = run.turns.map((turn) => [turn]);
  await playFlows(outside, rounds, async ([turn]) => {
    if (turn === undefined || !isOpening(turn.word)) return;
    await sleep(OldEntryMs);
    // On a busy machine the guest may not have run since.
    await outside.barrier();
  });
  outside.listener = undefined;
  const { at, entries } = await readEntries(guest);
  const listing = await guest.run('ipvsadm -Ln');
  const shown = virtualAddress.includes(':') ? `[${virtualAddress}]:` : `${virtualAddress}:`;
  const own = entries.split('\n').filter((line) => line.includes(` ${shown}`));
  const text = [
    `### ${name}: ${run.turns.length} packets (t=${(at / 1_000_000).toFixed(6)})`,
    '--- master ipvsadm -Ln',
    listing.trimEnd(),
    '--- master ipvsadm -Lnc',
    ...own,
    '',
  ];
  return { clientSide: writePcap(frames), text: text.join('\n') };
}

/** The guest's connection entries, and when they were so; they are read again where that would be too vague. */
async function readEntries(guest: Bench['guest']): Promise<{ at: number; entries: string }> {
  for (let reading = 1; ; reading += 1) {
    const before = microseconds();
    const entries = await guest.run('ipvsadm -Lnc');
    const took = microseconds() - before;
    if (took < VagueUs || reading === MostReadings) return { at: before + took / 2, entries };
  }
}

/** Each server shows its MAC address: a table at the end does not tell it where connections have moved. */
function greet(outside: Outside, { servers, guestAddress }: PacketRun): void {
  const destination = literalAddress(guestAddress.replace(/\/.*/, ''));
  for (const source of servers) {
    const ends = { source, sourcePort: 0, destination, destinationPort: 0 };
    outside.send(echoReply(ends), source);
  }
}
