import { test } from 'tap';

import { trafficArguments } from '../../../cluster/cli/traffic-command.js';
import { loadLab } from '../../../cluster/config/lab-file.js';
import { labText } from '../../lab/lab-text.js';
import { LabOfBothFamilies } from '../config/samples.js';

const lab = loadLab(labText, 'lab.yaml');

test('flows are spread evenly over the services of their protocol', (t) => {
  t.same(trafficArguments(lab, { tcp: 5, udp: 2, duration: '3s' }), [
    '--tcp=10.1.0.100:80=3',
    '--tcp=10.1.0.101:80=2',
    '--udp=10.1.0.100:53=1',
    '--udp=10.1.0.101:53=1',
    '--duration=3s',
  ]);
  t.end();
});

test('a service without flows is left out, and --json is passed on', (t) => {
  t.same(trafficArguments(lab, { tcp: 1, udp: 0, duration: '1m', json: true }), [
    '--tcp=10.1.0.100:80=1',
    '--duration=1m',
    '--json',
  ]);
  t.end();
});

test('no flows at all is a mistake', (t) => {
  t.throws(() => trafficArguments(lab, { tcp: 0, udp: 0, duration: '1s' }), {
    message: "lab 'lab' has no service for these flows",
  });
  t.end();
});

test('an IPv6 address stands in brackets', (t) => {
  const both = loadLab(LabOfBothFamilies, 'lab.yaml');
  t.same(trafficArguments(both, { tcp: 0, udp: 1, duration: '1s' }), [
    '--udp=[fd01::105]:80=1',
    '--duration=1s',
  ]);
  t.end();
});
