import { test } from 'tap';

import {
  BfdState,
  decodeBfd,
  encodeBfd,
  type BfdPacket,
} from '../../../cluster/health/bfd-packet.js';
import { BfdSession, type BfdEffect, type BfdRules } from '../../../cluster/health/bfd-session.js';
import { Prng } from '../../../director/base/prng.js';
import {
  earliest,
  instant,
  milliseconds,
  seconds,
  type Instant,
} from '../../../director/base/time.js';

const rules: BfdRules = {
  minimumTransmit: milliseconds(10),
  minimumReceive: milliseconds(10),
  idleTransmit: seconds(1),
  multiplier: 5,
  passive: false,
};

const plain: BfdPacket = {
  state: BfdState.up,
  diagnostic: 3,
  poll: true,
  final: false,
  multiplier: 5,
  mine: 0x01020304,
  yours: 0x0a0b0c0d,
  desiredTransmit: 10_000,
  requiredReceive: 20_000,
};

/** Two sessions on a link that can be cut, in virtual time. */
class Pair {
  readonly ends: readonly BfdSession[];
  readonly trace: string[] = [];
  readonly packets: (BfdPacket & { readonly from: number })[] = [];
  isCut = false;
  #now: Instant = instant(0);

  constructor(first: Partial<BfdRules> = {}, second: Partial<BfdRules> = {}) {
    this.ends = [first, second].map((change, index) => {
      return new BfdSession({ ...rules, ...change }, new Prng(index + 1));
    });
    for (const end of this.ends) end.start(this.#now);
  }

  get milliseconds(): number {
    return this.#now / 1_000;
  }

  until(ms: number): this {
    const limit = instant(ms * 1_000);
    for (;;) {
      const next = this.ends.map(({ deadline }) => deadline).reduce(earliest);
      if (next > limit) break;
      this.#now = next;
      for (const end of this.ends) if (end.deadline <= next) end.handleDeadline(next);
      this.drain();
    }
    this.#now = limit;
    return this;
  }

  drain(): void {
    for (const [index, end] of this.ends.entries()) {
      for (const effect of end.effects.splice(0)) this.#apply(index, effect);
    }
    if (this.ends.some(({ effects }) => effects.length > 0)) this.drain();
  }

  #apply(from: number, effect: BfdEffect): void {
    if (effect.kind === 'state') {
      this.trace.push(`${from} ${effect.isUp ? 'up' : effect.reason}`);
      return;
    }
    this.packets.push({ ...effect.packet, from });
    const decoded = decodeBfd(encodeBfd(effect.packet));
    if (decoded === undefined || this.isCut) return;
    this.ends[1 - from]?.handlePacket(this.#now, decoded);
  }
}

test('two ends come up, and then send at the agreed interval', (t) => {
  const pair = new Pair({}, { minimumReceive: milliseconds(40) });
  pair.until(3_000);
  t.strictSame(pair.trace.toSorted(), ['0 up', '1 up']);
  pair.packets.length = 0;
  pair.until(4_000);
  const [first, second] = [0, 1].map(
    (from) => pair.packets.filter((one) => one.from === from).length,
  );
  t.ok(
    first !== undefined && first >= 25 && first <= 34,
    `${first} packets: 40 ms apart, a quarter off`,
  );
  t.ok(second !== undefined && second >= 100 && second <= 134, `${second} packets: 10 ms apart`);
  t.end();
});

test('a link that is cut is noticed after as many intervals as the multiplier says', (t) => {
  const pair = new Pair().until(3_000);
  pair.trace.length = 0;
  pair.isCut = true;
  pair.until(3_000 + 39);
  t.strictSame(pair.trace, []);
  pair.until(3_000 + 61);
  t.strictSame(pair.trace.toSorted(), ['0 the neighbour is silent', '1 the neighbour is silent']);
  pair.isCut = false;
  pair.trace.length = 0;
  pair.until(6_000);
  t.strictSame(pair.trace.toSorted(), ['0 up', '1 up']);
  t.end();
});

test('while it is down a session speaks only once a second', (t) => {
  const pair = new Pair();
  pair.isCut = true;
  pair.until(10_000);
  const sent = pair.packets.filter(({ from }) => from === 0).length;
  t.ok(sent >= 10 && sent <= 14, `${sent} packets`);
  t.end();
});

test('a passive end waits until it is spoken to', (t) => {
  const both = new Pair({ passive: true }, { passive: true }).until(5_000);
  t.equal(both.packets.length, 0);
  const one = new Pair({ passive: true }).until(5_000);
  t.strictSame(one.trace.toSorted(), ['0 up', '1 up']);
  t.end();
});

test('an end that stops says so, and the other one knows at once', (t) => {
  const pair = new Pair().until(3_000);
  pair.trace.length = 0;
  pair.ends[0]?.stop();
  pair.drain();
  t.strictSame(pair.trace, ['1 the neighbour is shut down']);
  t.end();
});

test('an end that has forgotten the session takes it down', (t) => {
  const pair = new Pair().until(3_000);
  pair.trace.length = 0;
  const forgetful: BfdPacket = {
    state: BfdState.down,
    diagnostic: 0,
    poll: false,
    final: false,
    multiplier: 5,
    mine: 99,
    yours: 0,
    desiredTransmit: 1_000_000,
    requiredReceive: 10_000,
  };
  pair.ends[0]?.handlePacket(instant(3_000_000), forgetful);
  pair.drain();
  t.ok(pair.trace.includes('0 the neighbour has lost the session'));
  t.end();
});

test('a packet for another session is ignored', (t) => {
  const pair = new Pair().until(3_000);
  pair.trace.length = 0;
  pair.ends[0]?.handlePacket(instant(3_000_000), { ...plain, state: BfdState.down, yours: 12 });
  pair.drain();
  t.strictSame(pair.trace, []);
  t.end();
});

const wire = '23e00518010203040a0b0c0d0000271000004e2000000000';

test('a packet looks on the wire as RFC 5880 says', (t) => {
  t.equal(Buffer.from(encodeBfd(plain)).toString('hex'), wire);
  t.strictSame(decodeBfd(Buffer.from(wire, 'hex')), plain);
  t.end();
});

test('whatever is not a packet of this version is ignored, at every length', (t) => {
  const bytes = Buffer.from(wire, 'hex');
  for (let length = 0; length < bytes.length; length += 1) {
    t.equal(decodeBfd(bytes.subarray(0, length)), undefined);
  }
  const broken: readonly (readonly [number, number])[] = [
    [0, 0x43], // Version 2.
    [1, 0xe4], // Authentication.
    [1, 0xe1], // Multipoint.
    [2, 0], // No multiplier.
    [3, 23], // Too short.
    [3, 25], // Longer than the datagram.
  ];
  for (const [offset, value] of broken) {
    const other = Buffer.from(bytes);
    other[offset] = value;
    t.equal(decodeBfd(other), undefined, `byte ${offset} = ${value}`);
  }
  const nameless = Buffer.from(bytes);
  nameless.fill(0, 4, 8);
  t.equal(decodeBfd(nameless), undefined);
  const presuming = Buffer.from(bytes);
  presuming.fill(0, 8, 12);
  t.equal(decodeBfd(presuming), undefined, 'who is up knows whom it talks to');
  t.end();
});
