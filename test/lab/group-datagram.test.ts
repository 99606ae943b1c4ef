import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { test } from 'tap';

import { killGroup } from '../../cluster/node/user-command.js';
import { linkNodes } from './linked-nodes.js';

const program = fileURLToPath(new URL('group-datagram.js', import.meta.url));

for (const [group, addresses] of [
  ['224.0.0.81', ['10.9.0.1', '10.9.0.2']],
  ['ff02::81', ['fd09::1', 'fd09::2']],
] as const) {
  test(`a sync daemon's messages reach the group ${group}`, async (t) => {
    const [sender, listener] = await linkNodes(t, 2);
    if (sender === undefined || listener === undefined) throw new Error('two nodes');
    const listening = listener.start(process.execPath, program, 'listen', group, addresses[1]);
    const sending = sender.start(process.execPath, program, 'send', group, addresses[0]);
    t.teardown(() => killGroup(sending));
    if (listening.stdout === null) throw new Error('a pipe');
    const lines: string[] = [];
    createInterface(listening.stdout).on('line', (line) => lines.push(line));
    await once(listening, 'close');
    const source = lines[1]?.split(' ')[1] ?? '';
    t.equal(lines[1]?.split(' ')[0], 'hello');
    t.ok(source === addresses[0] || source.startsWith('fe80:'), source);
  });
}
