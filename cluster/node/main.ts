import os from 'node:os';
import process from 'node:process';

import { Command, Option } from 'commander';
import { pino } from 'pino';

import { BatonError, ConfigError, IoError } from '../../director/base/errors.js';
import { discoverGateways, discoverInterfaces } from '../../director/io/discover.js';
import { chooseDriver } from '../../director/io/driver.js';
import { tuneEngine } from '../../director/io/engine.js';
import { checkAgainstInterfaces } from '../config/check-interfaces.js';
import { required } from '../config/keepalived.js';
import { DriverChoices, type DriverChoice } from '../config/node-config.js';
import { configError, describeProblem } from '../config/problem.js';
import { commandHandlers } from './commands.js';
import { defaultConfigId, readKeepalivedFile } from './config-file.js';
import { ControlServer } from './control-server.js';
import { Member } from './member.js';
import { rehearse } from './rehearse.js';
import { ServiceNotice } from './service-notice.js';
import { apiHandlers } from './views.js';

/** Elections are timed: a busy machine must not make a living master look dead. */
const Niceness = -10;

const program = new Command('baton-director')
  .description('One director: takes part in the election, syncs sessions, forwards packets.')
  .requiredOption('--config <file>', 'keepalived.conf of this director')
  .option('-i, --config-id <id>', 'also read the lines that begin with @ID', defaultConfigId())
  .requiredOption('--control <socket>', 'path of the control socket to open')
  .option('--control-group', 'let the group of this process use the control socket too')
  .option('--log-level <level>', 'debug, info, warn or error', 'info')
  .addOption(
    new Option('--driver <name>', 'how frames come in and go out, whatever the file says').choices(
      DriverChoices,
    ),
  )
  .action(run);

async function run(options: {
  readonly config: string;
  readonly configId: string;
  readonly control: string;
  readonly controlGroup?: true;
  readonly logLevel: string;
  readonly driver?: DriverChoice;
}): Promise<void> {
  const service = new ServiceNotice(process.env);
  const parsed = required(readKeepalivedFile(options.config, options.configId));
  const interfaces = discoverInterfaces();
  const problems = checkAgainstInterfaces(parsed, interfaces);
  if (problems.length > 0) throw configError(problems);
  raisePriority();
  tuneEngine();
  rehearse();

  const logger = pino({ level: options.logLevel, base: { node: parsed.config.routerId } });
  const log = {
    debug: (message: string, fields = {}) => logger.debug(fields, message),
    info: (message: string, fields = {}) => logger.info(fields, message),
    warn: (message: string, fields = {}) => logger.warn(fields, message),
  };
  for (const warning of parsed.warnings) log.warn(describeProblem(warning).split('\n', 1)[0] ?? '');
  const member = new Member(parsed.config, log);
  const driver = await chooseDriver(options.driver ?? parsed.config.dataPlane.driver);
  log.info('packet driver', { driver: driver.name, reason: driver.reason });
  await member.start({ driver, interfaces, gateways: discoverGateways(interfaces) });
  const control = await ControlServer.open(
    options.control,
    apiHandlers(member),
    commandHandlers(member),
    { isForGroup: options.controlGroup === true },
  );
  service.ready();
  log.info('started', { control: options.control });

  let isStopping = false;
  const stop = async (): Promise<void> => {
    if (isStopping) return;
    isStopping = true;
    service.stopping();
    await member.stop();
    await control.close();
    log.info('stopped');
    process.exit(0);
  };
  process.on('SIGTERM', () => void stop());
  process.on('SIGINT', () => void stop());
}

function raisePriority(): void {
  try {
    os.setPriority(Niceness);
  } catch {
    // Without the privilege the director works at the usual priority.
  }
}

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof BatonError)) throw error;
  process.stderr.write(`error: ${error.message}\n`);
  process.exit(error instanceof ConfigError || error instanceof IoError ? 2 : 1);
}
