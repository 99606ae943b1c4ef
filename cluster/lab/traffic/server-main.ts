import { Command } from 'commander';

import { UsageError } from '../../../director/base/errors.js';
import { reportFailure } from './failure.js';
import { isServerName } from './frame.js';
import { TrafficServer } from './server.js';

interface Flags {
  readonly name: string;
  readonly tcp: readonly number[];
  readonly udp: readonly number[];
  readonly address: readonly string[];
}

const command = new Command('server-main')
  .description(
    'The real server of a lab: checks every byte of every request and answers with proof',
  )
  .requiredOption('--name <name>', 'name that goes into every answer')
  .option('--tcp <port>', 'TCP port to listen on (repeatable)', collectPort, [])
  .option('--udp <port>', 'UDP port to listen on (repeatable)', collectPort, [])
  .option('--address <address>', 'address to listen on (repeatable; default all)', collect, [])
  .exitOverride();

function collect(value: string, previous: readonly string[]): readonly string[] {
  return [...previous, value];
}

function collectPort(value: string, previous: readonly number[]): readonly number[] {
  const port = Number(value);
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new UsageError({ code: 'bad-port' }, `"${value}" is not a port from 0 to 65535`);
  }
  return [...previous, port];
}

async function main(): Promise<void> {
  const flags = command.parse().opts<Flags>();
  if (!isServerName(flags.name)) {
    throw new UsageError(
      { code: 'bad-name' },
      `"${flags.name}" is not a name of letters and digits`,
    );
  }
  const server = await TrafficServer.listen({ ...flags, addresses: flags.address });
  const stop = (): void => void server.close().then(() => process.exit(0));
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  process.stdout.write('ready\n');
}

try {
  await main();
} catch (error) {
  process.exitCode = reportFailure(error);
}
