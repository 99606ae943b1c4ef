import { test } from 'tap';

import { writeKeepalived } from '../../../cluster/config/keepalived-writer.js';
import { loadKeepalived } from '../../../cluster/config/keepalived.js';
import { loadLab } from '../../../cluster/config/lab-file.js';
import { ConfigError } from '../../../director/base/errors.js';
import { Prng } from '../../../director/base/prng.js';
import { HealthOfEverything } from './health-sample.js';
import { mutate } from './mutation.js';
import { DefaultLab, ElectionsOfEverything, LabOfEverything, NodeOfEverything } from './samples.js';

const NodeText = writeKeepalived(loadLab(DefaultLab, 'default.yaml'), 'd1', (network) => network);

/** YAML is slower to read. `language.fuzz.test.ts` has many more of short files. */
const readers = [
  { language: 'keepalived.conf', good: NodeText, load: loadKeepalived, runs: 400 },
  {
    language: 'keepalived.conf of services',
    good: NodeOfEverything,
    load: loadKeepalived,
    runs: 400,
  },
  {
    language: 'keepalived.conf of elections',
    good: ElectionsOfEverything,
    load: loadKeepalived,
    runs: 400,
  },
  {
    language: 'keepalived.conf of checkers',
    good: HealthOfEverything,
    load: loadKeepalived,
    runs: 400,
  },
  { language: 'lab file', good: DefaultLab, load: loadLab, runs: 300 },
  { language: 'lab file of everything', good: LabOfEverything, load: loadLab, runs: 300 },
];

for (const { language, good, load, runs } of readers) {
  test(`${runs} mutations of a good ${language} are read or refused, and never anything else`, (t) => {
    const prng = new Prng(20_240_607);
    let refused = 0;
    for (let run = 0; run < runs; run += 1) {
      const text = mutate(good, prng);
      try {
        load(text, 'mutant');
      } catch (error) {
        refused += 1;
        if (!(error instanceof ConfigError) || !/^mutant:\d+:(?:\d+:)? \S/.test(error.message)) {
          t.fail(`run ${run} throws something else`, { error, text });
        }
      }
    }
    t.ok(refused > runs / 5, 'most mutations spoil the file');
    t.ok(refused < runs, 'some mutations leave it good');
    t.end();
  });
}
