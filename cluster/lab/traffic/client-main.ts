import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

import { Command } from 'commander';

import { IoError } from '../../../director/base/errors.js';
import { TrafficClient, type TrafficEvent } from './client.js';
import { reportFailure } from './failure.js';
import {
  parseDurationMs,
  parsePlan,
  parseTarget,
  type TrafficPlan,
  type TrafficTarget,
} from './plan.js';
import { renderEvent, renderFlows } from './text.js';

interface Flags {
  readonly plan?: string;
  readonly tcp: readonly TrafficTarget[];
  readonly udp: readonly TrafficTarget[];
  readonly shortTcp: readonly TrafficTarget[];
  readonly shortUdp: readonly TrafficTarget[];
  readonly arrivals: readonly TrafficTarget[];
  readonly rate?: number;
  readonly hold?: number;
  readonly pause?: number;
  readonly interval?: number;
  readonly udpInterval?: number;
  readonly connectTimeout?: number;
  readonly duration?: number;
  readonly seed?: number;
  readonly json?: boolean;
}

const collect =
  (protocol: 'TCP' | 'UDP') =>
  (text: string, previous: readonly TrafficTarget[]): readonly TrafficTarget[] => [
    ...previous,
    parseTarget(protocol, text),
  ];

const command = new Command('client-main')
  .description(
    'Opens flows, checks every byte of every answer, and says which flows broke and when',
  )
  .option('--plan <file>', 'plan as JSON; the flags below replace its values')
  .option('--tcp <target>', 'ADDRESS:PORT=COUNT of TCP flows (repeatable)', collect('TCP'), [])
  .option('--udp <target>', 'ADDRESS:PORT=COUNT of UDP flows (repeatable)', collect('UDP'), [])
  .option(
    '--short-tcp <target>',
    'the same, of TCP flows that end after a few exchanges and make way for others',
    collect('TCP'),
    [],
  )
  .option('--short-udp <target>', 'the same, of UDP', collect('UDP'), [])
  .option(
    '--arrivals <target>',
    'ADDRESS:PORT that TCP connections arrive at whatever becomes of them (repeatable)',
    collect('TCP'),
    [],
  )
  .option('--rate <number>', 'arrivals a second (default 100)', Number)
  .option('--hold <time>', 'an arrival lives for up to this (default 1s)', parseDurationMs)
  .option('--pause <time>', 'and says nothing for up to this (default 200ms)', parseDurationMs)
  .option(
    '--interval <time>',
    'between two requests of a TCP flow (default 100ms)',
    parseDurationMs,
  )
  .option('--udp-interval <time>', 'the same for UDP (default 40ms)', parseDurationMs)
  .option(
    '--connect-timeout <time>',
    'for a TCP connection to be established (default 5s)',
    parseDurationMs,
  )
  .option('--duration <time>', 'how long to run (default 10s, at most 15m)', parseDurationMs)
  .option('--seed <number>', 'what the bytes are made from (default 1)', Number)
  .option('--json', 'events as JSON lines; commands on stdin: mark NAME, count, pause, stop')
  .exitOverride();

function planOf(flags: Flags): TrafficPlan {
  const targets = [...flags.tcp, ...flags.udp];
  const short = [...flags.shortTcp, ...flags.shortUdp];
  const written = {
    ...(targets.length > 0 && { targets }),
    ...(short.length > 0 && { short }),
    ...(flags.interval !== undefined && { intervalMs: flags.interval }),
    ...(flags.udpInterval !== undefined && { udpIntervalMs: flags.udpInterval }),
    ...(flags.connectTimeout !== undefined && { connectTimeoutMs: flags.connectTimeout }),
    ...(flags.duration !== undefined && { durationMs: flags.duration }),
    ...(flags.seed !== undefined && { seed: flags.seed }),
    ...(flags.arrivals.length > 0 && {
      arrivals: {
        targets: flags.arrivals,
        ...(flags.rate !== undefined && { perSecond: flags.rate }),
        ...(flags.hold !== undefined && { holdMs: flags.hold }),
        ...(flags.pause !== undefined && { pauseMs: flags.pause }),
      },
    }),
  };
  return parsePlan({ targets: [], ...readPlan(flags.plan), ...written });
}

function readPlan(file: string | undefined): object {
  if (file === undefined) return {};
  try {
    const plan: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return typeof plan === 'object' && plan !== null ? plan : { plan };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new IoError({ code: 'cannot-read-plan' }, `cannot read ${file}: ${reason}`, { cause });
  }
}

const writeJson = (event: TrafficEvent): void =>
  void process.stdout.write(`${JSON.stringify(event)}\n`);

/** A line that the next one overwrites on a terminal; elsewhere only what is worth keeping. */
function writeLive(event: TrafficEvent): void {
  const line = renderEvent(event);
  if (!process.stderr.isTTY) {
    if (event.kind !== 'progress') process.stderr.write(`${line}\n`);
    return;
  }
  process.stderr.write(`\r\x1b[K${line}${event.kind === 'progress' ? '' : '\n'}`);
}

function main(): void {
  const flags = command.parse().opts<Flags>();
  const plan = planOf(flags);
  const client = new TrafficClient(plan, flags.json === true ? writeJson : writeLive);
  let stopped = false;
  const stop = (): void => {
    if (stopped) return;
    stopped = true;
    const report = client.stop();
    if (flags.json === true) writeJson({ kind: 'report', ...report });
    else process.stdout.write(`${process.stderr.isTTY ? '\n' : ''}${renderFlows(report)}\n`);
    const isBroken = report.flows.some((flow) => flow.broken !== undefined);
    process.exitCode = isBroken || (report.arrivals?.broken ?? 0) > 0 ? 1 : 0;
    clearTimeout(deadline);
    process.stdin.destroy();
  };
  const deadline = setTimeout(stop, plan.durationMs);
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  // Whoever read the events is gone: there is nobody left to measure for.
  process.stdout.once('error', () => process.exit(1));
  if (flags.json === true) listenForCommands(client, stop);
  client.start();
}

function listenForCommands(client: TrafficClient, stop: () => void): void {
  createInterface({ input: process.stdin }).on('line', (line) => {
    const [verb, name] = line.trim().split(/\s+/);
    if (verb === 'stop') stop();
    else if (verb === 'count') client.count();
    else if (verb === 'pause') client.pauseArrivals();
    else if (verb === 'mark' && name !== undefined) client.mark(name);
    else process.stderr.write('error: commands are mark NAME, count, pause and stop\n');
  });
}

try {
  main();
} catch (error) {
  process.exitCode = reportFailure(error);
}
