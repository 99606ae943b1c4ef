import { fileURLToPath } from 'node:url';

import { test } from 'tap';

import { runToEnd } from '../../cluster/lab/subprocess.js';

/*
 * Frames that leave by an AF_XDP socket, beside those that leave by a packet socket.
 */

const program = fileURLToPath(new URL('fast-sending.js', import.meta.url));

/** What a scene has written. Before it come words that run the program in some other way. */
async function play(scene: string, ...before: readonly string[]): Promise<unknown> {
  const { status, stdout, stderr } = await runToEnd(
    [...before, 'unshare', '--net', process.execPath, program, scene],
    { timeoutMs: 60_000 },
  );
  if (status !== 0) throw new Error(`${scene} ends with ${status}: ${stderr.slice(-1_000)}`);
  return JSON.parse(stdout);
}

test('frames of all kinds arrive in the order in which they were sent', async (t) => {
  const result = await play('mixed');
  const unharmed = { isInOrder: true, isUnchanged: true };
  const expected = { heard: 5_000, ...unharmed, echoes: 0, sent: 5_000, refused: 0 };
  t.match(result, { ...expected, sentFast: Number });
  t.notMatch(result, { sentFast: 0 });
});

test('frames with an unfinished checksum go the faster way, too, and the checksum is still to be finished', async (t) => {
  const expected = { heard: 500, kinds: ['unfinished'], sent: 500, sentFast: 500, refused: 0 };
  t.strictSame(await play('unfinished'), expected);
});

test('frames for which there is no room on the faster way go the other, behind them', async (t) => {
  const expected = { heard: 1_024, isInOrder: true, sent: 1_024, sentFast: 256, refused: 0 };
  t.strictSame(await play('crowd'), expected);
});

for (const end of ['near', 'far']) {
  test(`frames are refused while the ${end} end of the link is down, and never leave later`, async (t) => {
    t.strictSame(await play(`${end}-down`), {
      lost: { sent: 100, sentFast: 100, refused: 768 },
      isFastAgain: true,
      heard: 300,
      isInOrder: true,
      sent: 300,
      sentFast: 300,
      refused: 768,
    });
  });
}

test('frames are refused when the device has been removed', async (t) => {
  t.strictSame(await play('removed'), { sent: 100, sentFast: 100, refused: 512 });
});

test('the faster way is for one at a time, and for the next when that has gone', async (t) => {
  t.strictSame(await play('rivals'), {
    isFastAtOnce: false,
    isFastLater: true,
    heard: 200,
    sent: 200,
    sentFast: 100,
    refused: 0,
  });
});

const slow = { isFast: false, heard: 100, sent: 100, sentFast: 0, refused: 0 };

test('on a link with several queues everything goes by the packet socket', async (t) => {
  t.strictSame(await play('queues'), slow);
});

test('without memory that may be locked everything goes by the packet socket', async (t) => {
  const bounds = ['--bounding-set=-ipc_lock', '--inh-caps=-ipc_lock'];
  t.strictSame(await play('plain', 'prlimit', '--memlock=0', 'setpriv', ...bounds), slow);
  t.match(await play('plain'), { isFast: true, sentFast: 100 });
});
