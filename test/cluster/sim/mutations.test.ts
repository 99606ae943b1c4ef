import { readFileSync } from 'node:fs';

import { test } from 'tap';

import { mutations } from '../../../scripts/mutations/list.js';

const built = new URL('../../../', import.meta.url);

test('every mistake of scripts/mutate-sim still has its place in the code', (t) => {
  for (const { name, patches } of mutations) {
    for (const { file, find, replace } of patches) {
      const text = readFileSync(new URL(file, built), 'utf8');
      t.equal(text.split(find).length, 2, `${name}: ${file}`);
      t.not(find, replace);
    }
  }
  t.end();
});
