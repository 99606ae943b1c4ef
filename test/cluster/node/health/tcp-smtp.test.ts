import { test } from 'tap';

import { smtpProbe } from '../../../../cluster/node/health/smtp-probe.js';
import { tcpProbe } from '../../../../cluster/node/health/tcp-probe.js';
import { parseAddress } from '../../../../director/base/address.js';
import { closedPort, connectionTo, findingOf, listen, timing } from './probing.js';

const tcp = (port: number): ReturnType<typeof tcpProbe> =>
  tcpProbe({ kind: 'TCP_CHECK', ...timing, connection: connectionTo(port) });

const smtp = (port: number): ReturnType<typeof smtpProbe> =>
  smtpProbe({
    kind: 'SMTP_CHECK',
    ...timing,
    heloName: 'd1.example',
    connection: connectionTo(port),
  });

test('TCP_CHECK succeeds when somebody accepts, and closes the connection', async (t) => {
  let isClosed = false;
  const port = await listen(t, (socket) => {
    socket.resume().on('close', () => {
      isClosed = true;
    });
  });
  t.equal(await findingOf(tcp(port)), 'success');
  await new Promise((resolve) => setTimeout(resolve, 50));
  t.ok(isClosed);
});

test('a refused connection is an answer of a machine that lives', async (t) => {
  t.equal(await findingOf(tcp(await closedPort(t))), 'connection refused');
});

test('what cannot be bound fails without an answer', async (t) => {
  const bindAddress = parseAddress('192.0.2.1');
  const connection = { ...connectionTo(await closedPort(t)), bindAddress };
  t.equal(
    await findingOf(tcpProbe({ kind: 'TCP_CHECK', ...timing, connection })),
    'the address to bind to is not on this node?',
  );
});

test('a check that is abandoned reports nothing and lets go of its connection', async (t) => {
  let ends = 0;
  const port = await listen(t, (socket) => socket.resume().on('close', () => (ends += 1)));
  const abandon = smtp(port)(0, () => t.fail('nothing is reported'));
  await new Promise((resolve) => setTimeout(resolve, 100));
  abandon();
  await new Promise((resolve) => setTimeout(resolve, 600));
  t.equal(ends, 1);
});

/** A mail server that answers line by line, from its greeting on. */
const mailServer =
  (...replies: readonly string[]) =>
  async (t: Parameters<typeof listen>[0], heard: string[] = []): Promise<number> =>
    listen(t, (socket) => {
      const left = [...replies];
      const say = (): void => {
        const reply = left.shift();
        if (reply !== undefined) socket.write(reply);
      };
      socket.on('data', (text) => {
        heard.push(text.toString());
        say();
      });
      say();
    });

test('SMTP_CHECK greets, says HELO with its name, and says goodbye', async (t) => {
  const heard: string[] = [];
  const port = await mailServer('220 hello\r\n', '250 nice\r\n', '221 bye\r\n')(t, heard);
  t.equal(await findingOf(smtp(port)), 'success');
  t.strictSame(heard, ['HELO d1.example\r\n', 'QUIT\r\n']);
});

test('SMTP_CHECK takes replies of several lines, in pieces too', async (t) => {
  const port = await listen(t, (socket) => {
    socket.write('220-a\r\n220');
    setTimeout(() => socket.write(' b\r\n'), 20);
    socket.once('data', () => {
      socket.write('250-x\r\n250 y\r\n');
      socket.once('data', () => socket.end('221 bye\r\n'));
    });
  });
  t.equal(await findingOf(smtp(port)), 'success');
});

const badServers: readonly { readonly replies: readonly string[]; readonly finding: string }[] = [
  { replies: ['554 no service\r\n'], finding: 'greeting 554' },
  { replies: ['hello\r\n'], finding: 'greeting 0' },
  { replies: ['220 hello\r\n', '501 who?\r\n'], finding: 'answer to HELO 501' },
  { replies: ['220 hello\r\n'], finding: 'no answer in time?' },
  { replies: [`220-${'x'.repeat(5_000)}`], finding: 'a reply that is too long' },
];

for (const { replies, finding } of badServers) {
  test(`SMTP_CHECK of a server that says ${JSON.stringify(replies).slice(0, 40)} finds: ${finding}`, async (t) => {
    t.equal(await findingOf(smtp(await mailServer(...replies)(t))), finding);
  });
}

test('a mail server that hangs up before the end has failed, after QUIT it has not', async (t) => {
  const early = await listen(t, (socket) => socket.end('220 hello\r\n'));
  t.match(await findingOf(smtp(early)), /hangs up|reset/);
  const late = await listen(t, (socket) => {
    socket.write('220 hello\r\n');
    socket.once('data', () => {
      socket.write('250 nice\r\n');
      socket.once('data', () => socket.end());
    });
  });
  t.equal(await findingOf(smtp(late)), 'success');
});
