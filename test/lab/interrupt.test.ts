import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { test } from 'tap';

import { stateFolder } from './state-folder.js';

const demo = fileURLToPath(new URL('../../cluster/lab/demo-main.js', import.meta.url));

/** The processes whose command line or environment speaks of `folder`. */
function processesOf(folder: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
    .filter((pid) =>
      ['cmdline', 'environ'].some((file) => {
        try {
          return readFileSync(join('/proc', pid, file), 'utf8').includes(folder);
        } catch {
          return false;
        }
      }),
    );
}

/** What the demo has said when Ctrl-C is pressed, and how much later that is. */
const moments = [
  { after: 'building', delayMs: 30 },
  { after: 'starting real servers', delayMs: 200 },
  { after: 'opening', delayMs: 100 },
  { after: 'killing', delayMs: 20 },
  { after: 'starting d1 again', delayMs: 300 },
];

for (const { after, delayMs } of moments) {
  test(`Ctrl-C ${delayMs} ms after '${after}' leaves nothing behind`, async (t) => {
    const state = stateFolder(t);
    const child = spawn(process.execPath, [demo, '--advert', '100ms'], {
      env: { ...process.env, BATON_STATE: state },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    t.teardown(() => child.kill('SIGKILL'));
    let said = '';
    child.stdout.on('data', (text: Buffer) => (said += text.toString()));
    child.stderr.resume();
    while (!said.includes(after)) await once(child.stdout, 'data');
    await sleep(delayMs);
    // The terminal sends Ctrl-C to the whole process group.
    process.kill(-(child.pid ?? 0), 'SIGINT');
    const [code] = await once(child, 'exit');
    t.equal(code, 130);
    t.strictSame(readdirSync(state), [], 'no file');
    t.strictSame(processesOf(state), [], 'no process, and so no namespace');
  });
}
