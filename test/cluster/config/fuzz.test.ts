import { test } from 'tap';

import { writeKeepalived } from '../../../cluster/config/keepalived-writer.js';
import { loadKeepalived } from '../../../cluster/config/keepalived.js';
import { loadLab } from '../../../cluster/config/lab-file.js';
import { ConfigError } from '../../../director/base/errors.js';
import { Prng } from '../../../director/base/prng.js';
import { DefaultLab, ElectionsOfEverything, LabOfEverything, NodeOfEverything } from './samples.js';

const NodeText = writeKeepalived(loadLab(DefaultLab, 'default.yaml'), 'd1', (network) => network);

/** Pieces that mean something to a reader, so that mutations get past its first check. */
const Pieces = ['{', '}', '"', '\n', '@baton ', '#', ' ', '-1', '99999999999', '0', ':', '[', ']'];

/** Deletes, repeats, moves or inserts a piece of the text, one to three times. */
function mutate(text: string, prng: Prng): string {
  let mutant = text;
  for (let rest = 1 + prng.below(3); rest > 0; rest -= 1) {
    const start = prng.below(mutant.length + 1);
    const end = start + prng.below(40);
    const piece = mutant.slice(start, end);
    const noise = [
      '',
      piece + piece,
      Pieces[prng.below(Pieces.length)] ?? '',
      String.fromCodePoint(prng.below(0xd800)),
      mutant.slice(prng.below(mutant.length + 1)).slice(0, 60),
    ][prng.below(5)];
    const resume = prng.below(2) === 0 ? start : end;
    mutant = mutant.slice(0, start) + (noise ?? '') + mutant.slice(resume);
  }
  return mutant;
}

/** YAML is slower to read. */
const readers = [
  { language: 'keepalived.conf', good: NodeText, load: loadKeepalived, runs: 2_000 },
  {
    language: 'keepalived.conf of services',
    good: NodeOfEverything,
    load: loadKeepalived,
    runs: 2_000,
  },
  {
    language: 'keepalived.conf of elections',
    good: ElectionsOfEverything,
    load: loadKeepalived,
    runs: 2_000,
  },
  { language: 'lab file', good: DefaultLab, load: loadLab, runs: 600 },
  { language: 'lab file of everything', good: LabOfEverything, load: loadLab, runs: 600 },
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
        if (!(error instanceof ConfigError) || !/^mutant:\d+: \S/.test(error.message)) {
          t.fail(`run ${run} throws something else`, { error, text });
        }
      }
    }
    t.ok(refused > runs / 5, 'most mutations spoil the file');
    t.ok(refused < runs, 'some mutations leave it good');
    t.end();
  });
}
