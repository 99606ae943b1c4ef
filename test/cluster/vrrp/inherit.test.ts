import { test } from 'tap';

import { Election } from '../../../cluster/vrrp/election.js';
import { at, config, heard } from './routers.js';

test('an election that inherits is master at once, and says so', (t) => {
  const election = new Election(config);
  election.inherit(at(0), { mayPreempt: true });
  t.equal(election.state, 'master');
  const kinds = election.effects.map(({ kind }) => kind);
  t.ok(kinds.includes('acquire-addresses'));
  t.ok(kinds.includes('advertise'));
  t.end();
});

test('one that inherits yields to a better master like any other', (t) => {
  const election = new Election(config);
  election.inherit(at(0), { mayPreempt: true });
  election.handleAdvertisement(at(10), heard({ priority: 200 }));
  t.equal(election.state, 'backup');
  t.end();
});

test('with a fault there is nothing to inherit', (t) => {
  const election = new Election(config);
  election.setFault(at(0), true, 'eth0 is down');
  election.inherit(at(0), { mayPreempt: true });
  t.equal(election.state, 'fault');
  t.end();
});
