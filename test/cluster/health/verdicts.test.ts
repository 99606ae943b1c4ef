import { test } from 'tap';

import { judgeExit } from '../../../cluster/health/exit-verdict.js';
import { judgeFile } from '../../../cluster/health/file-verdict.js';

const exits = [
  { status: 0, dynamic: false, verdict: { isUp: true } },
  { status: 1, dynamic: false, verdict: { isUp: false } },
  { status: 2, dynamic: false, verdict: { isUp: false } },
  { status: 255, dynamic: false, verdict: { isUp: false } },
  { status: 0, dynamic: true, verdict: { isUp: true, weightChange: 0 } },
  { status: 1, dynamic: true, verdict: { isUp: false } },
  { status: 2, dynamic: true, verdict: { isUp: true, weightChange: -10 } },
  { status: 12, dynamic: true, verdict: { isUp: true, weightChange: 0 } },
  { status: 22, dynamic: true, verdict: { isUp: true, weightChange: 10 } },
  { status: 255, dynamic: true, verdict: { isUp: true, weightChange: 243 } },
];

for (const { status, dynamic, verdict } of exits) {
  const what = dynamic ? 'with misc_dynamic' : 'by itself';
  test(`exit status ${status} ${what} means ${JSON.stringify(verdict)} to a server of weight 10`, (t) => {
    t.strictSame(judgeExit(status, { dynamic, weight: 10 }), verdict);
    t.end();
  });
}

const files = [
  { weight: 0, reverse: false, value: 0, verdict: { isUp: true, weightChange: 0 } },
  { weight: 0, reverse: false, value: 1, verdict: { isUp: false } },
  { weight: 0, reverse: true, value: 0, verdict: { isUp: false } },
  { weight: 0, reverse: true, value: -1, verdict: { isUp: true, weightChange: 0 } },
  { weight: 1, reverse: false, value: 7, verdict: { isUp: true, weightChange: 7 } },
  { weight: -2, reverse: false, value: 7, verdict: { isUp: true, weightChange: -14 } },
  { weight: 2, reverse: true, value: 7, verdict: { isUp: true, weightChange: -14 } },
  {
    weight: 1,
    reverse: false,
    value: -0x7fff_ffff,
    verdict: { isUp: true, weightChange: -0x7fff_ffff },
  },
  { weight: 1, reverse: false, value: -0x8000_0000, verdict: { isUp: false } },
  { weight: 0x7fff_ffff, reverse: false, value: -2, verdict: { isUp: false } },
];

for (const { weight, reverse, value, verdict } of files) {
  const what = `weight ${weight}${reverse ? ' reverse' : ''}`;
  test(`${value} in a file of ${what} means ${JSON.stringify(verdict)}`, (t) => {
    t.strictSame(judgeFile({ weight, reverse }, value), verdict);
    t.end();
  });
}
