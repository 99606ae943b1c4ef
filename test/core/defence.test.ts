import { test } from 'tap';

import { Prng } from '../../director/base/prng.js';
import {
  Defence,
  isEmbryonicTcp,
  type DefenceSettings,
  type EntryFacts,
} from '../../director/core/defence.js';
import { SctpState } from '../../director/core/sctp-states.js';
import { State } from '../../director/core/states.js';
import { Protocol } from '../../director/wire/ipv4.js';
import { at } from '../base/values.js';

const Plenty = 1_000_000;

const settingsOf = (some: Partial<DefenceSettings>): DefenceSettings => ({
  am_droprate: 10,
  amemthresh: 1_024,
  drop_entry: 0,
  drop_packet: 0,
  secure_tcp: 0,
  ...some,
});

/** A defence with these settings, decided once with so many free entries. */
function defenceOf(settings: DefenceSettings, freeEntries: number): Defence {
  const defence = new Defence(settings, new Prng(7));
  defence.update(at(1), freeEntries);
  return defence;
}

/** `x` for every packet dropped of so many, `.` for the others. */
const dropsOf = (defence: Defence, count: number): string =>
  Array.from({ length: count }, () => (defence.shouldDropPacket() ? 'x' : '.')).join('');

const entryOf = (some: Partial<EntryFacts>): EntryFacts => ({
  protocol: Protocol.tcp,
  state: State.established,
  packets: 20,
  idle: 0,
  isTemplate: false,
  isAssured: false,
  isOnePacket: false,
  children: 0,
  ...some,
});

const isDropped = (some: Partial<EntryFacts>): boolean =>
  defenceOf(settingsOf({ drop_entry: 3 }), Plenty).isDroppable(entryOf(some));

test('by default nothing is dropped, however full the table', (t) => {
  const defence = defenceOf(settingsOf({}), 0);
  t.equal(dropsOf(defence, 20), '.'.repeat(20));
  t.equal(defence.isSecureTcp, false);
  defence.lookAt(3_200, () => t.fail('an entry is looked at'));
  t.end();
});

test('drop_packet 3 drops one packet in am_droprate, whatever is free', (t) => {
  const defence = defenceOf(settingsOf({ drop_packet: 3, am_droprate: 4 }), Plenty);
  t.equal(dropsOf(defence, 10), 'x...x...x.');
  defence.update(at(2), Plenty);
  t.equal(dropsOf(defence, 6), '..x...', 'the count goes on over the seconds');
  t.end();
});

test('drop_packet 1 drops the more the fewer entries are free', (t) => {
  const settings = settingsOf({ drop_packet: 1, amemthresh: 1_000 });
  const defence = new Defence(settings, new Prng(7));
  const dropsWith = (second: number, freeEntries: number): string => {
    defence.update(at(second), freeEntries);
    return dropsOf(defence, 12);
  };
  t.equal(dropsWith(1, 1_000), '............', 'as many as the threshold are enough');
  t.equal(settings.drop_packet, 1);
  t.equal(dropsWith(2, 750), '...x...x...x', '1000 / (1000 - 750): one in 4');
  t.equal(settings.drop_packet, 2, 'the mode says that the defence is on');
  t.equal(dropsWith(3, 500), '.x.x.x.x.x.x', 'one in 2');
  t.equal(dropsWith(4, 0), 'xxxxxxxxxxxx', 'every one');
  t.equal(dropsWith(5, 999), '............', 'one in 1000');
  t.equal(dropsWith(6, 1_000), '............');
  t.equal(settings.drop_packet, 1, 'and that it is off again');
  t.end();
});

test('the modes are decided once a second', (t) => {
  const settings = settingsOf({ secure_tcp: 1 });
  const defence = new Defence(settings, new Prng(7));
  t.equal(defence.update(at(10), Plenty), true);
  t.equal(defence.update(at(10.25), 0), false);
  t.equal(defence.isSecureTcp, false);
  t.equal(defence.update(at(11), 0), true);
  t.equal(defence.isSecureTcp, true);
  t.end();
});

/** Whether secure_tcp and drop_entry are on in a mode. */
const areOn = (mode: number, freeEntries: number): readonly [boolean, boolean] => {
  const defence = defenceOf(settingsOf({ secure_tcp: mode, drop_entry: mode }), freeEntries);
  let looked = false;
  defence.lookAt(320, () => (looked = true));
  return [defence.isSecureTcp, looked];
};

test('secure_tcp and drop_entry are on in mode 3, and in modes 1 and 2 while entries run short', (t) => {
  for (const [mode, whenShort, otherwise] of [
    [0, false, false],
    [1, true, false],
    [2, true, false],
    [3, true, true],
    [4, false, false],
    [-1, false, false],
  ] as const) {
    t.strictSame(areOn(mode, 1_023), [whenShort, whenShort], `mode ${mode}, short`);
    t.strictSame(areOn(mode, 1_024), [otherwise, otherwise], `mode ${mode}`);
  }
  t.end();
});

test('a threshold that is not positive is never reached', (t) => {
  for (const amemthresh of [0, -5]) {
    const defence = defenceOf(settingsOf({ amemthresh, drop_packet: 1, secure_tcp: 1 }), 0);
    t.equal(defence.isSecureTcp, false);
    t.equal(dropsOf(defence, 5), '.....');
  }
  t.end();
});

test('drop_entry looks at 1/32 of the table, everywhere in it', (t) => {
  const defence = defenceOf(settingsOf({ drop_entry: 3 }), Plenty);
  const seen = new Set<number>();
  let looks = 0;
  for (let second = 0; second < 200; second += 1) {
    defence.lookAt(3_200, (index) => {
      looks += 1;
      seen.add(index);
    });
  }
  t.equal(looks, 200 * 100);
  t.ok(Math.min(...seen) >= 0 && Math.max(...seen) < 3_200);
  // Each index is missed 20,000 times with a chance of 1 in 500: about 6 of 3,200.
  t.ok(seen.size > 3_100, `${seen.size} of 3,200 seen`);
  let few = 0;
  defence.lookAt(5, () => (few += 1));
  t.equal(few, 1, 'a small table too');
  defence.lookAt(0, () => t.fail('an empty one not'));
  t.end();
});

test('handshakes that do not end are dropped at once', (t) => {
  for (const state of [State.synRecv, State.synAck, State.none]) {
    t.equal(isDropped({ state, packets: 1 }), true);
    t.equal(isEmbryonicTcp(state), true);
  }
  for (const state of [SctpState.init1, SctpState.init]) {
    t.equal(isDropped({ protocol: Protocol.sctp, state, packets: 1 }), true);
  }
  t.end();
});

test('connections that end are left to their timers', (t) => {
  const { finWait, timeWait, close, closeWait, lastAck, listen, synSent } = State;
  for (const state of [finWait, timeWait, close, closeWait, lastAck, listen, synSent]) {
    t.equal(isDropped({ state, packets: 1, idle: 100 }), false);
    t.equal(isEmbryonicTcp(state), false);
  }
  for (const state of [SctpState.none, SctpState.cookieSent, SctpState.closed]) {
    t.equal(isDropped({ protocol: Protocol.sctp, state, packets: 1, idle: 100 }), false);
  }
  t.end();
});

test('of established connections only idle ones with a few packets are dropped', (t) => {
  for (const [protocol, state] of [
    [Protocol.tcp, State.established],
    [Protocol.sctp, SctpState.established],
    [Protocol.udp, State.udp],
  ] as const) {
    t.equal(isDropped({ protocol, state, packets: 3, idle: 60 }), true);
    t.equal(isDropped({ protocol, state, packets: 3, idle: 59.99 }), false, 'not yet idle');
    t.equal(isDropped({ protocol, state, packets: 8, idle: 800 }), true);
    t.equal(isDropped({ protocol, state, packets: 9, idle: 800 }), false, 'in use');
    t.equal(isDropped({ protocol, state, packets: 0, idle: 800 }), false, 'learnt from a peer');
  }
  t.end();
});

test('the more packets an idle connection had, the more of its kind are spared', (t) => {
  const defence = defenceOf(settingsOf({ drop_entry: 3 }), Plenty);
  const dropped = (packets: number): number => {
    let count = 0;
    for (let entry = 0; entry < 840; entry += 1) {
      if (defence.isDroppable(entryOf({ packets, idle: 100 }))) count += 1;
    }
    return count;
  };
  t.strictSame(
    [1, 2, 3, 4, 5, 6, 7, 8].map(dropped),
    [840, 420, 280, 210, 168, 140, 120, 105],
    'one in as many as it had packets',
  );
  t.end();
});

test('templates are spared while they are of use', (t) => {
  const template = { isTemplate: true, state: 0, idle: 100, packets: 1 };
  t.equal(isDropped({ ...template, children: 1 }), false, 'a connection depends on it');
  t.equal(isDropped({ ...template, isAssured: true, state: 1 }), false, 'it has been of use');
  t.equal(isDropped(template), true, 'it has not: made by a handshake that did not end');
  t.equal(isDropped({ ...template, isOnePacket: true }), true, 'of one-packet scheduling');
  t.equal(isDropped({ ...template, isOnePacket: true, packets: 9 }), false, 'and in use');
  t.equal(isDropped({ state: State.synRecv, children: 1 }), false, 'any entry that others need');
  t.end();
});
