import { test } from 'tap';

import { RateEstimator } from '../../director/core/estimator.js';
import { TrafficStats } from '../../director/core/stats.js';

/** The rates shown after each period in which the counter grew by so much. */
function ratesOf(
  growths: readonly number[],
  counter: keyof TrafficStatsCounters,
  rate: 'cps' | 'inPps' | 'outPps' | 'inBps' | 'outBps',
): number[] {
  const stats = new TrafficStats();
  const estimator = new RateEstimator();
  return growths.map((growth) => {
    stats[counter] += growth;
    estimator.update(stats);
    return estimator[rate];
  });
}

type TrafficStatsCounters = Pick<
  TrafficStats,
  'connections' | 'inPackets' | 'inBytes' | 'outPackets' | 'outBytes'
>;

/*
 * By hand, for counts (10 bits of fraction). 100 in 2 s: rate = 100 * 512 = 51200.
 *   0     + floor(51200 / 4)             = 12800   (12800 + 511) >> 10 = 12
 *   12800 + floor((51200 - 12800) / 4)   = 22400   22911 >> 10 = 22
 *   22400 + floor(28800 / 4)             = 29600   30111 >> 10 = 29
 * then nothing: rate = 0
 *   29600 + floor(-29600 / 4)            = 22200   22711 >> 10 = 22
 *   22200 + floor(-22200 / 4)            = 16650   17161 >> 10 = 16
 *   16650 + floor(-4162.5) = 16650 - 4163 = 12487  12998 >> 10 = 12
 */
const CountGrowths = [100, 100, 100, 0, 0, 0];
const CountRates = [12, 22, 29, 22, 16, 12];

/*
 * By hand, for bytes (5 bits of fraction). 15000 in 2 s: rate = 15000 * 16 = 240000.
 *   0      + 60000                 = 60000    (60000 + 15) >> 5 = 1875
 *   60000  + 180000 / 4            = 105000   105015 >> 5 = 3281
 *   1000 in 2 s: rate = 16000
 *   105000 + floor(-89000 / 4)     = 82750    82765 >> 5 = 2586
 *   82750  + floor(-66750 / 4 = -16687.5) = 82750 - 16688 = 66062   66077 >> 5 = 2064
 */
const ByteGrowths = [15_000, 15_000, 1_000, 1_000];
const ByteRates = [1_875, 3_281, 2_586, 2_064];

test('connections and packets a second follow the kernel’s formula', (t) => {
  t.strictSame(ratesOf(CountGrowths, 'connections', 'cps'), CountRates);
  t.strictSame(ratesOf(CountGrowths, 'inPackets', 'inPps'), CountRates);
  t.strictSame(ratesOf(CountGrowths, 'outPackets', 'outPps'), CountRates);
  t.end();
});

test('bytes a second follow the kernel’s formula', (t) => {
  t.strictSame(ratesOf(ByteGrowths, 'inBytes', 'inBps'), ByteRates);
  t.strictSame(ratesOf(ByteGrowths, 'outBytes', 'outBps'), ByteRates);
  t.end();
});

test('a rate is rounded to the nearest number, and just a half down', (t) => {
  // 4 in 2 s: 2048 / 4 = 512 is exactly a half. 5: 2560 / 4 = 640. 12: 6144 / 4 = 1536 is one and a half.
  t.strictSame(ratesOf([4], 'connections', 'cps'), [0]);
  t.strictSame(ratesOf([5], 'connections', 'cps'), [1]);
  t.strictSame(ratesOf([12], 'connections', 'cps'), [1]);
  t.end();
});

test('a falling average is rounded down in fixed point', (t) => {
  // 10 in 2 s: rate = 160. 0 + 40 = 40; then 40 - 10 = 30; 30 + floor(-7.5) = 22; 22 + floor(-5.5) = 16.
  // Shown (x + 15) >> 5: 55, 45 and 37 give 1, and 31 gives 0.
  t.strictSame(ratesOf([10, 0, 0, 0], 'inBytes', 'inBps'), [1, 1, 1, 0]);
  t.end();
});

test('one connection alone does not show', (t) => {
  t.strictSame(ratesOf([1, 0], 'connections', 'cps'), [0, 0]);
  t.end();
});

test('a steady rate is reached, and none at all is reached again', (t) => {
  const steady = Array.from({ length: 60 }, () => 2_000);
  const silent = Array.from({ length: 60 }, () => 0);
  const rates = ratesOf([...steady, ...silent], 'inPackets', 'inPps');
  t.equal(rates[59], 1_000);
  t.equal(rates.at(-1), 0);
  for (let period = 1; period < 60; period += 1) {
    t.ok((rates[period] ?? 0) >= (rates[period - 1] ?? 0), 'rising');
    t.ok((rates[60 + period] ?? 0) <= (rates[59 + period] ?? 0), 'falling');
  }
  t.end();
});

test('rates far above 32 bits stay exact', (t) => {
  // 2^40 bytes in 2 s: rate = 2^44, a quarter is 2^42, shown (2^42 + 15) >> 5 = 2^37.
  t.strictSame(ratesOf([2 ** 40], 'inBytes', 'inBps'), [2 ** 37]);
  t.end();
});

test('the counters do not disturb each other', (t) => {
  const stats = new TrafficStats();
  const estimator = new RateEstimator();
  stats.outBytes = 15_000;
  stats.inPackets = 100;
  estimator.update(stats);
  const { cps, inPps, outPps, inBps, outBps } = estimator;
  t.strictSame(
    { cps, inPps, outPps, inBps, outBps },
    {
      cps: 0,
      inPps: 12,
      outPps: 0,
      inBps: 0,
      outBps: 1_875,
    },
  );
  t.end();
});

test('reset forgets the rates and what was counted before', (t) => {
  const stats = new TrafficStats();
  const estimator = new RateEstimator();
  stats.inPackets = 1_000_000;
  stats.inBytes = 60_000_000;
  estimator.update(stats);
  estimator.reset(stats);
  t.equal(estimator.inPps, 0);
  estimator.update(stats);
  t.equal(estimator.inPps, 0, 'the packets before the reset are not counted again');
  stats.reset();
  estimator.reset(stats);
  stats.inPackets = 100;
  estimator.update(stats);
  t.equal(estimator.inPps, 12, 'counters set to 0 do not make a negative rate');
  t.end();
});
