import { test } from 'tap';

import { Board } from '../../director/carriers/board.js';
import { Grace } from '../../director/carriers/grace.js';
import { at } from '../base/values.js';

test('without threads nobody has anything in hand', (t) => {
  const grace = new Grace(new Board());
  grace.since(at(1));
  t.equal(grace.since(at(2)), at(1));
  t.equal(grace.since(at(3)), at(2));
  t.end();
});

test('a thread that is held up holds everything up, one that rests does not', (t) => {
  const board = new Board();
  const grace = new Grace(board);
  grace.since(at(1));
  grace.threads = [0, 1];
  board.setEpoch(0, 3);
  board.setEpoch(1, 4);
  t.equal(grace.since(at(2)), at(1), 'before they were there');
  for (const second of [3, 4, 5]) {
    t.equal(grace.since(at(second)), at(1), 'the first does not move');
  }
  board.setEpoch(0, 5);
  t.equal(grace.since(at(6)), at(2), 'it had nothing in hand since it was asked');
  t.equal(grace.since(at(7)), at(2));
  board.setEpoch(0, 6);
  t.equal(grace.since(at(8)), at(6));
  t.equal(grace.since(at(9)), at(8));
  board.setEpoch(1, 5);
  t.equal(grace.since(at(10)), at(9), 'it moved');
  t.equal(grace.since(at(11)), at(9));
  grace.threads = [];
  t.equal(grace.since(at(12)), at(10), 'they are gone');
  t.end();
});

test('counts of a port are those of a thread, until another port has its number', (t) => {
  const board = new Board();
  const copy = new Board(board.memory);
  const counters = { sent: 1, fast: 0, refused: 2, shed: 3, taken: 4 };
  copy.setCounters(14, 63, counters);
  t.strictSame(board.counters(14, 63), counters);
  t.strictSame(board.counters(13, 63), { sent: 0, fast: 0, refused: 0, shed: 0, taken: 0 });
  copy.clear(62);
  t.strictSame(board.counters(14, 63), counters);
  copy.clear(63);
  t.strictSame(board.counters(14, 63), { sent: 0, fast: 0, refused: 0, shed: 0, taken: 0 });
  t.end();
});
