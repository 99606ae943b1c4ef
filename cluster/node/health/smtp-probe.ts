import type { Socket } from 'node:net';

import type { Libc } from '../../../director/io/libc.js';
import type { SmtpCheckConfig } from '../../config/checker-config.js';
import type { Probe } from '../../member/health/probe.js';
import { Attempt } from './attempt.js';
import { connectFor } from './connect.js';

/** The longest reply that is read: RFC 5321 §4.5.3.1.5 allows 512 bytes a line, and EHLO's lines are not asked for. */
const LongestReply = 4_096;

/** `SMTP_CHECK`: the server greets with 220, takes HELO with 250, and has heard QUIT. */
export function smtpProbe({ connection, heloName }: SmtpCheckConfig, libc?: Libc): Probe {
  const dialogue = [
    { expected: 220, said: 'greeting', next: `HELO ${heloName}\r\n` },
    { expected: 250, said: 'answer to HELO', next: 'QUIT\r\n' },
  ];
  return (_step, report) => {
    const attempt = new Attempt(connection.timeout, report);
    connectFor(attempt, { connection, libc }, (socket) => converse(attempt, socket, dialogue));
    return attempt.abandon;
  };
}

interface Turn {
  readonly expected: number;
  readonly said: string;
  readonly next: string;
}

/** Waits for each reply and says what comes next. */
function converse(attempt: Attempt, socket: Socket, dialogue: readonly Turn[]): void {
  const turns = dialogue.values();
  let turn = turns.next().value;
  let text = '';
  socket.setEncoding('latin1');
  socket.on('data', (piece: string) => {
    text += piece;
    const status = replyStatus(text);
    if (text.length > LongestReply) attempt.fail('a reply that is too long', true);
    if (status === undefined || attempt.isOver) return;
    text = '';
    // What is said to QUIT is of no interest, as in keepalived.
    if (turn === undefined) return attempt.succeed();
    if (status !== turn.expected) return attempt.fail(`${turn.said} ${status}`, true);
    socket.write(turn.next);
    turn = turns.next().value;
  });
  socket.once('end', () => {
    if (turn === undefined) attempt.succeed();
    else attempt.fail('the server hangs up', true);
  });
}

/** The code of a whole reply (RFC 5321 §4.2): its last line has a space behind it; 0 for what is no reply. */
function replyStatus(text: string): number | undefined {
  if (!text.endsWith('\n')) return undefined;
  const last = text.trimEnd().split('\n').at(-1) ?? '';
  const [, code, more] = /^(\d{3})(-?)/.exec(last) ?? [];
  if (more === '-') return undefined;
  return Number(code ?? 0);
}
