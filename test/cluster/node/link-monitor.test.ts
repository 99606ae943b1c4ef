import { test } from 'tap';

import { readLink } from '../../../cluster/node/link-monitor.js';

test('a link works when it is up and has a carrier', (t) => {
  const rest = 'mtu 1500 qdisc noqueue state UP mode DEFAULT group default \\    link/ether 02:00';
  const cases: readonly (readonly [string, string, boolean])[] = [
    [`2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> ${rest}`, 'eth0', true],
    [`12: eth0@if3: <BROADCAST,MULTICAST,UP,LOWER_UP> ${rest}`, 'eth0', true],
    [`4: vlan.7@eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> ${rest}`, 'vlan.7', true],
    [`2: eth0@if3: <NO-CARRIER,BROADCAST,MULTICAST,UP,M-DOWN> ${rest}`, 'eth0', false],
    [`2: eth0: <BROADCAST,MULTICAST> ${rest}`, 'eth0', false],
    [`Deleted 2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> ${rest}`, 'eth0', false],
    [`7: dummy0: <BROADCAST,NOARP,UP,LOWER_UP> ${rest}`, 'dummy0', true],
  ];
  for (const [line, device, isUp] of cases) t.strictSame(readLink(line), { device, isUp }, line);
  t.end();
});

test('other lines say nothing about a link', (t) => {
  for (const line of ['', 'ff:ff:ff:ff:ff:ff dev eth0', '2: eth0    inet 10.0.0.1/24', 'x: <UP>']) {
    t.equal(readLink(line), undefined, line);
  }
  t.end();
});
