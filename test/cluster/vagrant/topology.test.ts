import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { test } from 'tap';

import { defaultLabFile, readLabFile } from '../../../cluster/lab/default-lab.js';
import { vagrantFolder } from '../../../cluster/vagrant/machines.js';
import { topologyOf } from '../../../cluster/vagrant/topology.js';

test('vagrant/topology.json is what the default lab says (npm run vagrant-topology writes it)', (t) => {
  const written: unknown = JSON.parse(readFileSync(join(vagrantFolder, 'topology.json'), 'utf8'));
  t.same(written, topologyOf(readLabFile(defaultLabFile)));
  t.end();
});
