import { test } from 'tap';

import type { Capture } from '../../scripts/oracle/pcap.js';
import { planReplay } from '../../scripts/oracle/replay.js';
import type { Scenario } from '../../scripts/oracle/scenario.js';
import { replayInBestOrder, type OrderedResult } from '../../scripts/oracle/server-order.js';
import type { ListedServer } from '../../scripts/oracle/service-listing.js';
import { recording, recordings } from './recordings.js';

const play = (scenario: Scenario): OrderedResult => replayInBestOrder(planReplay(scenario));

/** Packets that left as recorded, of those recorded, and what there is to say about the others. */
const expected: Readonly<
  Record<
    string,
    { readonly packets: readonly [number, number]; readonly notes?: readonly RegExp[] }
  >
> = {
  'fwmark4-persistent-nat': { packets: [27, 27] },
  'icmp46-nat': {
    packets: [3, 3],
    // The kernel drops a real server's ICMPv6 error: see isDroppedByKernel.
    notes: [/made of server packet 4 on the client side \(protocol 58, .* is only ours/],
  },
  'tcp4-dr': { packets: [97, 97] },
  'tcp4-nat': { packets: [180, 180] },
  'tcp4-nat-syncv0': { packets: [37, 37] },
  'tcp4-tun': { packets: [78, 78] },
  'tcp46-persistent': {
    packets: [89, 90],
    // The capture of the server side ends 26 ms before that of the client side: the server's FIN, which client packet 90
    // was made of, is not in it, nor is what was made of client packet 91.
    notes: [/made of client packet 91 on the server side/, /packet 90 on the client side/],
  },
  'tcp6-dr': { packets: [78, 78] },
  'udp46-nat': { packets: [82, 82] },
};

for (const scenario of recordings()) {
  test(`our director does what the recorded one did: ${scenario.name}`, (t) => {
    const { differences, notes, equalPackets, recordedPackets } = play(scenario);
    const wanted = expected[scenario.name];
    t.strictSame(differences, []);
    t.strictSame([equalPackets, recordedPackets], wanted?.packets);
    t.equal(notes.length, wanted?.notes?.length ?? 0);
    t.match(notes, wanted?.notes ?? []);
    t.end();
  });
}

/** A recording with the listings of its master changed. */
function withServers(
  scenario: Scenario,
  change: (servers: readonly ListedServer[]) => readonly ListedServer[],
): Scenario {
  return {
    ...scenario,
    marks: scenario.marks.map((mark) => ({
      ...mark,
      master: {
        ...mark.master,
        services: mark.master.services.map((service) => ({
          ...service,
          servers: change(service.servers),
        })),
      },
    })),
  };
}

test('the order in which real servers were added is found by what was chosen', (t) => {
  const reversed = withServers(recording('tcp4-nat'), (servers) => servers.toReversed());
  const { differences, assumptions } = play(reversed);
  t.strictSame(differences, []);
  t.match(assumptions, [/added in the order 10\.2\.0\.11:8080, 10\.2\.0\.12:8080$/]);
  t.end();
});

test('a director that is configured otherwise differs in packets, tables and counts', (t) => {
  const scenario = recording('tcp4-nat');
  const [first] = scenario.marks;
  const alone = withServers(scenario, (servers) => servers.slice(1));
  // With one server of two, the choices must differ: rr would have taken turns.
  const { differences, equalPackets } = play(alone);
  t.ok(equalPackets < 180);
  t.match(
    differences.find((line) => line.includes('packet 8 on the server side')),
    /destination 10\.2\.0\.12, not 10\.2\.0\.11/,
  );
  t.ok(differences.some((line) => line.includes(`mark 1 (${first?.text}): entry TCP`)));
  t.ok(differences.some((line) => /10\.2\.0\.12:8080 \d active .* not 2 active/.test(line)));
  t.end();
});

test('a changed byte of a recorded packet is found', (t) => {
  const scenario = recording('tcp4-tun');
  const frames = scenario.serverSide.frames.map((frame) => ({ ...frame }));
  const frame = frames[9];
  if (frame !== undefined) {
    frames[9] = { ...frame, bytes: frame.bytes.map((byte, at) => (at === 60 ? byte ^ 1 : byte)) };
  }
  const { differences } = play({ ...scenario, serverSide: { ...scenario.serverSide, frames } });
  t.match(differences, [/^packet 10 on the server side .*: first from byte 46 on/]);
  t.end();
});

test('a packet that the recorded director dropped must not leave', (t) => {
  const scenario = recording('udp46-nat');
  const frames = scenario.serverSide.frames.filter(({ number }) => number !== 20);
  const { differences } = play({ ...scenario, serverSide: { ...scenario.serverSide, frames } });
  t.match(differences, [/^only ours: what we made of client packet 20 on the server side/]);
  t.end();
});

/** A frame with a TCP segment in IPv4 without options, as its sender hands it to a network card that does checksums. */
function withoutChecksum(frame: Uint8Array): Uint8Array {
  const view = new DataView(frame.slice().buffer);
  let sum = 6 + view.getUint16(16) - 20;
  for (let offset = 26; offset < 34; offset += 2) sum += view.getUint16(offset);
  view.setUint16(50, sum % 0xffff || 0xffff);
  return new Uint8Array(view.buffer);
}

const unfinished = (capture: Capture): Capture => ({
  ...capture,
  frames: capture.frames.map((frame) => ({ ...frame, bytes: withoutChecksum(frame.bytes) })),
});

test('a packet whose checksum the sender left unfinished is as good as a finished one', (t) => {
  const scenario = recording('tcp4-nat');
  const { differences, equalPackets } = play({
    ...scenario,
    clientSide: unfinished(scenario.clientSide),
    serverSide: unfinished(scenario.serverSide),
  });
  t.strictSame(differences, []);
  t.equal(equalPackets, 180);
  t.end();
});

test('a backup that knew other entries than ours would is noted', (t) => {
  const scenario = recording('tcp4-nat');
  const [first, ...others] = scenario.marks;
  if (first === undefined) return t.fail('the recording has a mark');
  const [entry, ...rest] = first.backup.connections ?? [];
  const unknown = entry === undefined ? [] : [{ ...entry, client: { ...entry.client, port: 1 } }];
  const { notes, differences } = play({
    ...scenario,
    marks: [
      { ...first, backup: { ...first.backup, connections: [...rest, ...unknown] } },
      ...others,
    ],
  });
  t.strictSame(differences, []);
  t.match(notes, [
    /the backup did not know TCP 10\.1\.0\.2:40002 -> 10\.1\.0\.100:80, ours would/,
    /the backup knew TCP 10\.1\.0\.2:1 -> 10\.1\.0\.100:80, ours would not/,
  ]);
  return t.end();
});
