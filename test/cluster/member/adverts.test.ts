import { createHmac } from 'node:crypto';

import { test } from 'tap';

import { loadKeepalived } from '../../../cluster/config/keepalived.js';
import { Adverts } from '../../../cluster/member/adverts.js';
import { decodeAdvertisement } from '../../../cluster/vrrp/advertisement.js';
import { seconds } from '../../../director/base/time.js';
import { ip } from '../../base/values.js';
import { BenchDirector } from '../../packets/bench-director.js';

const virtualRouterId = 51;
const source = ip('10.1.0.11');

/** The adverts of an instance with these lines, what they have sent, and the wall clock, which the test turns. */
function instance(lines = ''): {
  readonly adverts: Adverts;
  readonly sent: readonly Sent[];
  readonly clock: { now: number };
} {
  const { config } = loadKeepalived(textOf(lines), 'adverts.conf');
  const [vrrp] = config.vrrpInstances;
  const [owner] = new BenchDirector().director.interfaces;
  if (vrrp === undefined || owner === undefined) throw new Error('an instance on a link');
  const [sent, clock]: [Sent[], { now: number }] = [[], { now: 1_000 }];
  const adverts = new Adverts(vrrp, owner, {
    hmac: (key, message) => createHmac('sha256', key).update(message).digest(),
    wallClock: () => seconds(clock.now),
    inject: () => {},
    receive: () => {},
  });
  adverts.attach({
    counters: { refused: 0, malformed: 0 },
    send: (message, destination) => sent.push({ message, destination }),
    listen: () => true,
    reopen: () => {},
    close: () => {},
  });
  return { adverts, sent, clock };
}

const textOf = (lines: string): string => `
global_defs {
  vrrp_version 3
}
vrrp_instance one {
  interface clients
  virtual_router_id ${virtualRouterId}
  virtual_ipaddress {
    10.1.0.100/24
  }
  ${lines}
}
`;

interface Sent {
  readonly message: Uint8Array;
  readonly destination: ReturnType<typeof ip>;
}

/** The priority that a message says, as a peer without keys reads it. */
function priorityOf({ message, destination }: Sent): number | string {
  const outcome = decodeAdvertisement(
    message,
    { source, destination, ttl: 255 },
    {
      version: 3,
      virtualRouterId,
      unicastPeers: [],
      checkUnicastSource: false,
      intervalCentiseconds: 100,
      authentication: undefined,
    },
  );
  return outcome.kind === 'rejected' ? outcome.reason : outcome.priority;
}

test('each advertisement says the priority of now, also one that was said before', (t) => {
  const { adverts, sent } = instance();
  const priorities = [100, 100, 0, 100, 90, 90, 100];
  for (const priority of priorities) adverts.advertise(priority);
  t.same(sent.map(priorityOf), priorities);
  t.end();
});

test('each of several peers is sent its own message, whose checksum is of its address', (t) => {
  const { adverts, sent } = instance('unicast_peer {\n 10.1.0.12\n 10.1.0.13\n }');
  for (const priority of [100, 100, 80]) adverts.advertise(priority);
  t.same(sent.map(priorityOf), [100, 100, 100, 100, 80, 80]);
  t.same(
    sent.map(({ destination }) => destination),
    [1, 2, 3].flatMap(() => ['10.1.0.12', '10.1.0.13']),
  );
  t.end();
});

test('a signed advertisement is signed anew each time', (t) => {
  const { adverts, sent, clock } = instance(
    `auth_hmac {\n key 1 ${'07'.repeat(32)}\n active_key 1\n }`,
  );
  for (let count = 0; count < 3; count += 1) {
    adverts.advertise(100);
    clock.now += 1;
  }
  const images = sent.map(({ message }) => Buffer.from(message).toString('hex'));
  t.equal(new Set(images).size, 3);
  t.end();
});
