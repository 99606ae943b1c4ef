import { test } from 'tap';

import { sendCommand } from '../../cluster/lab/control-client.js';
import {
  answering,
  healthConfig,
  healthLab,
  startGreeter,
  startMaster,
  timeUntil,
} from './health-lab.js';

const config = healthConfig(`
virtual_server 10.9.0.100 80 {
  lvs_sched rr
  lvs_method DR
  protocol TCP
  delay_loop 1
  retry 2
  delay_before_retry 0.5
  warmup 0
  real_server 10.9.0.2 80 {
    TCP_CHECK {
      connect_timeout 1
    }
  }
  real_server 10.9.0.3 80 {
    TCP_CHECK {
      connect_timeout 1
    }
  }
}
`);

test('TCP_CHECK takes a dying server out and brings it back, and clients see it', async (t) => {
  const lab = await healthLab(t, 2);
  const [first, second] = lab.servers;
  if (first === undefined || second === undefined) throw new Error('two servers');
  const dying = await startGreeter(t, first);
  await startGreeter(t, second);
  const director = await startMaster(t, lab, config);
  t.strictSame(await answering(lab.client, 4), ['10.9.0.2', '10.9.0.3']);
  const isDown = async (): Promise<boolean> =>
    (await director.events()).at(-1)?.kind === 'server-down';
  await new Promise((resolve) => setTimeout(resolve, 1_500));

  await dying.kill();
  const down = await timeUntil(isDown, 5_000);
  // Up to one delay_loop until the first failure, and two retries after it.
  t.ok(down !== undefined && down >= 900 && down <= 2_200, `down after ${down} ms`);
  t.strictSame(await answering(lab.client, 6), ['10.9.0.3']);

  await startGreeter(t, first);
  const up = await timeUntil(async () => !(await isDown()), 5_000);
  t.ok(up !== undefined && up <= 1_100, `up after ${up} ms`);
  t.strictSame(await answering(lab.client, 6), ['10.9.0.2', '10.9.0.3']);
});

test('a weight that an operator has set stays over failures, until another configuration', async (t) => {
  const lab = await healthLab(t, 2);
  const [first, second] = lab.servers;
  if (first === undefined || second === undefined) throw new Error('two servers');
  let program = await startGreeter(t, first);
  await startGreeter(t, second);
  const director = await startMaster(t, lab, config);
  /** Undefined while it is out. */
  const weightOf = async (): Promise<number | undefined> => {
    const [service] = await director.services();
    const server = service?.realServers.find(({ address }) => address === '10.9.0.2:80');
    return server?.isPlaced === true ? server.weight : undefined;
  };
  const set = async (weight: number): Promise<number> => {
    const what = { protocol: 'TCP', virtual: '10.9.0.100:80', server: '10.9.0.2:80' } as const;
    return (await sendCommand(director.control, '/weight', { ...what, weight })).before;
  };
  const failAndRecover = async (): Promise<void> => {
    await program.kill();
    t.ok(await timeUntil(async () => (await weightOf()) === undefined, 5_000), 'it is down');
    program = await startGreeter(t, first);
    t.ok(await timeUntil(async () => (await weightOf()) !== undefined, 5_000), 'and back');
  };
  t.equal(await set(0), 1);
  t.strictSame(await answering(lab.client, 4), ['10.9.0.3'], 'it is drained');
  await failAndRecover();
  t.equal(await weightOf(), 0);
  t.strictSame(await answering(lab.client, 4), ['10.9.0.3'], 'still');
  t.equal(await set(7), 0);
  await failAndRecover();
  t.equal(await weightOf(), 7);
  await director.reload();
  t.equal(await weightOf(), 1, 'the configuration counts again');
  await failAndRecover();
  t.equal(await weightOf(), 1);
});
