import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  existsSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';

import { test, type Test } from 'tap';

import { callApi, fetchDocument, sendCommand } from '../../cluster/lab/control-client.js';
import { temporaryFolder } from '../cluster/node/temporary.js';
import {
  answering,
  ask,
  healthConfig,
  healthLab,
  startGreeter,
  startMaster,
  timeUntil,
} from './health-lab.js';

const service = `
virtual_server 10.9.0.100 80 {
  lvs_sched rr
  lvs_method DR
  protocol TCP
  delay_loop 1
  warmup 0
  real_server 10.9.0.2 80 {
    TCP_CHECK {
    }
  }
  real_server 10.9.0.3 80 {
    TCP_CHECK {
    }
  }
}
`;

/** Metrics that dashboards of node_exporter and keepalived-exporter ask for, with the labels of each. */
const expected: Readonly<Record<string, readonly string[]>> = {
  node_ipvs_connections_total: [],
  node_ipvs_incoming_packets_total: [],
  node_ipvs_outgoing_packets_total: [],
  node_ipvs_incoming_bytes_total: [],
  node_ipvs_outgoing_bytes_total: [],
  ...Object.fromEntries(
    ['connections_active', 'connections_inactive', 'weight'].map((name) => [
      `node_ipvs_backend_${name}`,
      ['local_address', 'local_port', 'remote_address', 'remote_port', 'proto', 'local_mark'],
    ]),
  ),
  keepalived_up: [],
  keepalived_vrrp_state: ['iname', 'intf', 'vrid', 'ip_address'],
  ...Object.fromEntries(
    [
      'advertisements_received',
      'advertisements_sent',
      'become_master',
      'release_master',
      'packet_length_errors',
      'advertisements_interval_errors',
      'ip_ttl_errors',
      'invalid_type_received',
      'address_list_errors',
      'authentication_invalid',
      'authentication_mismatch',
      'authentication_failure',
      'priority_zero_received',
      'priority_zero_sent',
      'gratuitous_arp_delay',
    ].map((name) => [`keepalived_${name}_total`, ['iname', 'intf', 'vrid']]),
  ),
};

test('signals, metrics and commands of a director that works', async (t) => {
  const lab = await healthLab(t, 2);
  for (const server of lab.servers) await startGreeter(t, server);
  const director = await startMaster(t, lab, healthConfig(service));
  for (let count = 0; count < 6; count += 1) await ask(lab.client);

  const data = path.join(director.folder, 'keepalived.data');
  const victim = path.join(director.folder, 'victim');
  writeFileSync(victim, 'untouched');
  symlinkSync(victim, data);
  process.kill(director.pid, 'SIGUSR1');
  t.ok(await timeUntil(() => !readFileSync(data, 'utf8').startsWith('untouched'), 5_000));
  t.equal(readFileSync(victim, 'utf8'), 'untouched', 'a link is replaced, not followed');
  t.match(readFileSync(data, 'utf8'), /VRRP Instance = VI_1\n(.*\n)*   State = MASTER\n/);
  t.match(readFileSync(data, 'utf8'), /RIP = 10\.9\.0\.2, RPORT = 80, WEIGHT = 1/);
  t.equal(statSync(data).mode & 0o777, 0o600);
  t.match(JSON.parse(readFileSync(path.join(director.folder, 'keepalived.json'), 'utf8')), [
    { data: { iname: 'VI_1', state: 2 } },
  ]);
  const json = path.join(director.folder, 'keepalived.json');
  rmSync(json);
  // process.kill takes no real-time signal.
  const sigjson = execFileSync('keepalived', ['--signum=JSON'], { encoding: 'utf8' }).trim();
  const burst = `for i in $(seq 200); do kill -${sigjson} ${director.pid}; done`;
  execFileSync('bash', ['-c', burst]);
  t.ok(await timeUntil(() => existsSync(json), 5_000), 'SIGJSON writes the JSON');
  t.match(JSON.parse(readFileSync(json, 'utf8')), [{ data: { iname: 'VI_1', state: 2 } }]);

  const stats = path.join(director.folder, 'keepalived.stats');
  process.kill(director.pid, 'SIGUSR2');
  t.ok(await timeUntil(() => existsSync(stats), 5_000));
  t.match(readFileSync(stats, 'utf8'), /^VRRP Instance: VI_1\n/);

  const metrics = await callApi(director.control, 'GET', '/metrics');
  const judged = execFileSync('promtool', ['check', 'metrics'], {
    input: metrics,
    encoding: 'utf8',
  });
  t.equal(judged, '', 'promtool has nothing to say');
  for (const [name, labels] of Object.entries(expected)) {
    const type = name.endsWith('_total') ? 'counter' : 'gauge';
    t.match(metrics, new RegExp(`^# TYPE ${name} ${type}$`, 'm'), name);
    const sample = new RegExp(`^${name}(?:\\{(.*)\\})? [0-9.]+$`, 'm').exec(metrics);
    const given = [...(sample?.[1] ?? '').matchAll(/(\w+)="/g)].map(([, label]) => label);
    t.strictSame(new Set(given), new Set(labels), `labels of ${name}`);
  }
  t.match(metrics, /^node_ipvs_connections_total 6$/m);
  t.match(
    metrics,
    /^keepalived_vrrp_state\{iname="VI_1",intf="eth0",vrid="51",ip_address="10.9.0.100\/24"\} 2$/m,
  );

  const name = { protocol: 'TCP', virtual: '10.9.0.100:80', server: '10.9.0.2:80' } as const;
  t.match(await sendCommand(director.control, '/weight', { ...name, weight: 0 }), { before: 1 });
  t.strictSame(await answering(lab.client, 4), ['10.9.0.3']);
  await sendCommand(director.control, '/weight', { ...name, weight: 1 });
  t.strictSame(await answering(lab.client, 4), ['10.9.0.2', '10.9.0.3']);
});

/** Makes a pipe that takes nothing more. */
function fullPipe(t: Test): string {
  const pipe = path.join(temporaryFolder(t), 'pipe');
  execFileSync('mkfifo', [pipe]);
  const handle = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
  t.teardown(() => closeSync(handle));
  const piece = Buffer.alloc(4_096);
  // The last pages are filled byte by byte: shorter lines must not fit, either.
  for (const part of [piece, piece.subarray(0, 1)]) {
    t.throws(
      () => {
        for (;;) writeSync(handle, part);
      },
      { code: 'EAGAIN' },
    );
  }
  return pipe;
}

test('a director says how much a pipe that nobody reads has not taken', async (t) => {
  const lab = await healthLab(t, 1);
  const pipe = fullPipe(t);
  const config = healthConfig('').replace('router_id d1', `$&\n  vrrp_notify_fifo ${pipe}`);
  const director = await startMaster(t, lab, config);
  const { notifyDropped } = await fetchDocument(director.control, '/status');
  t.equal(notifyDropped.scripts, 0);
  t.ok(notifyDropped.lines > 0);
  const metrics = await callApi(director.control, 'GET', '/metrics');
  t.match(metrics, `baton_notify_dropped_total{kind="line"} ${notifyDropped.lines}\n`);
});
