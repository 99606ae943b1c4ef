// The recordings of real keepalived, with one of our elections in the place of its second node.
import { test } from 'tap';

import { decodeAdvertisement, type Advertisement } from '../../../cluster/vrrp/advertisement.js';
import { assert } from '../../../director/base/invariant.js';
import { instant } from '../../../director/base/time.js';
import { readRecording } from './recording.js';
import { backup, drain } from './routers.js';

const recordings = [
  { file: 'vrrp-v2-plain.pcap', version: 2, password: undefined },
  { file: 'vrrp-v2-auth-pass.pcap', version: 2, password: 's3cret12' },
  { file: 'vrrp-v3-ipv4.pcap', version: 3, password: undefined },
  { file: 'vrrp-v3-ipv6.pcap', version: 3, password: undefined },
] as const;

for (const { file, version, password } of recordings) {
  test(`in the place of keepalived in ${file}, an election takes over when it did`, (t) => {
    const authentication =
      password === undefined ? undefined : ({ kind: 'pass', password } as const);
    const recording = readRecording(file);
    const begin = recording[0]?.at ?? 0;
    const messages = recording.map((recorded): [number, Advertisement] => {
      const decoded = decodeAdvertisement(recorded.message, recorded, { version, authentication });
      assert(decoded.kind === 'advertisement', 'the recording is valid');
      return [recorded.at - begin, decoded];
    });
    const second = messages.find(([, { priority }]) => priority === 150)?.[1];
    assert(second !== undefined, 'the second node of the recording was master');
    const { source, addresses } = second;
    const election = backup({ version, priority: 150, primaryAddress: source, addresses });
    const takeOvers: number[] = [];
    const expected: number[] = [];
    let sender = messages[0]?.[1].source;
    for (const [at, advertisement] of messages) {
      while (election.deadline <= instant(at)) {
        const now = election.deadline;
        election.handleDeadline(now);
        if (drain(election).includes('acquire')) takeOvers.push(now);
      }
      const isSecond = advertisement.source === source;
      if (isSecond && sender !== source) expected.push(at);
      sender = advertisement.source;
      if (!isSecond) election.handleAdvertisement(instant(at), advertisement);
    }
    t.equal(expected.length, 2);
    t.equal(takeOvers.length, 2);
    for (const [index, moment] of expected.entries()) {
      const difference = Math.abs((takeOvers[index] ?? 0) - moment);
      t.ok(difference < 2_000, `take-over ${index + 1} differs by ${difference} µs`);
    }
    t.end();
  });
}
