import { test } from 'tap';

import { settingsFrom } from '../../../cluster/vagrant/settings.js';
import { milliseconds } from '../../../director/base/time.js';

test('an empty environment asks for two directors and three real servers', (t) => {
  t.same(settingsFrom({ BATON_METHOD: '' }), {
    directors: 2,
    realServers: 3,
    method: 'both',
    profile: 'baton',
  });
  t.end();
});

test('every setting is read', (t) => {
  const environment = {
    BATON_DIRECTORS: '3',
    BATON_REAL_SERVERS: '8',
    BATON_METHOD: 'dr',
    BATON_ADVERT: '0.25s',
  };
  t.same(settingsFrom(environment), {
    directors: 3,
    realServers: 8,
    method: 'dr',
    profile: 'baton',
    advertInterval: milliseconds(250),
  });
  t.end();
});

test('a value that cannot be used is refused with its name and what it has to be', (t) => {
  const mistakes = [
    ['BATON_DIRECTORS', '5', 'a number from 1 to 4'],
    ['BATON_DIRECTORS', '0', 'a number from 1 to 4'],
    ['BATON_REAL_SERVERS', 'three', 'a number from 1 to 8'],
    ['BATON_METHOD', 'tun', 'both, nat, dr'],
    ['BATON_ADVERT', '5ms', '10ms to 40.95s in steps of 10ms'],
    ['BATON_ADVERT', '41s', '10ms to 40.95s in steps of 10ms'],
    ['BATON_ADVERT', '15ms', '10ms to 40.95s in steps of 10ms'],
    ['BATON_PROFILE', 'ipvs', 'baton, mixed'],
  ] as const;
  for (const [name, value, expected] of mistakes) {
    t.throws(() => settingsFrom({ [name]: value }), {
      message: `${name} has to be ${expected}, not '${value}'`,
      details: { code: 'bad-setting' },
    });
  }
  t.throws(() => settingsFrom({ BATON_PROFILE: 'mixed', BATON_DIRECTORS: '3' }), {
    message: "BATON_DIRECTORS has to be 2 with the profile mixed, not '3'",
  });
  t.end();
});
