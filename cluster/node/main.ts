import { EventEmitter } from 'node:events';
import os from 'node:os';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';

import { Command, Option } from 'commander';
import { pino } from 'pino';

import { BatonError, IoError } from '../../director/base/errors.js';
import type { Log } from '../../director/base/log.js';
import { discoverGateways, discoverInterfaces } from '../../director/io/discover.js';
import { chooseDriver } from '../../director/io/driver.js';
import { tuneEngine } from '../../director/io/engine.js';
import { loadLibc } from '../../director/io/libc.js';
import { onRealTimeSignal } from '../../director/io/real-time-signal.js';
import { OffloadShare } from '../../director/offload/kernel-offload.js';
import { DriverChoices, type DriverChoice } from '../config/node-config.js';
import { describeProblem } from '../config/problem.js';
import { commandHandlers } from './commands.js';
import { defaultConfigId } from './config-file.js';
import { ControlServer } from './control-server.js';
import { Member } from './member.js';
import { rehearse } from './rehearse.js';
import { loadConfig, reloader } from './reload.js';
import { ServiceNotice } from './service-notice.js';
import { tcpPlace } from './tcp-place.js';
import { textHandlers } from './texts.js';
import { apiHandlers } from './views.js';
import { writeWindows } from './windows/write-windows.js';

/** Elections are timed: a busy machine must not make a living master look dead. */
const Niceness = -10;
/** How long the director's threads have to end. */
const LongestFarewellMs = 2_000;

const program = new Command('baton-director')
  .description('One director: takes part in the election, syncs sessions, forwards packets.')
  .requiredOption('--config <file>', 'keepalived.conf of this director')
  .option('-i, --config-id <id>', 'also read the lines that begin with @ID', defaultConfigId())
  .requiredOption('--control <socket>', 'path of the control socket to open')
  .option('--listen <address:port>', 'also serve the control API over TCP, to who has the token')
  .option('--token-file <file>', 'the token of --listen: at least 16 characters')
  .option('--dumps <folder>', 'where SIGUSR1 and SIGUSR2 write', process.env['TMPDIR'] ?? '/tmp')
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
  readonly dumps: string;
  readonly listen?: string;
  readonly tokenFile?: string;
  readonly logLevel: string;
  readonly driver?: DriverChoice;
}): Promise<void> {
  const service = new ServiceNotice(process.env);
  const interfaces = discoverInterfaces();
  const parsed = loadConfig(options, interfaces);
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
  const jsonSignal = new EventEmitter();
  // Early, as long as its descriptor is free.
  await followJsonSignal(() => jsonSignal.emit('signal'), log);
  const member = new Member(parsed.config, log);
  const { dataPlane } = parsed.config;
  const driver = await chooseDriver(options.driver ?? dataPlane.driver, {
    mostCarried: dataPlane.offloadCapacity ?? dataPlane.connectionCapacity / OffloadShare,
    threads: dataPlane.carrierThreads,
    log,
  });
  log.info('packet driver', { driver: driver.name, reason: driver.reason });
  await member.start({ driver, interfaces, gateways: discoverGateways(interfaces) });
  const reload = reloader(member, options, log);
  const [documents, commands] = [apiHandlers(member), commandHandlers(member, reload)];
  const texts = textHandlers(member);
  const isForGroup = options.controlGroup === true;
  const servers = [
    await ControlServer.open(options.control, documents, commands, { texts, isForGroup }),
  ];
  if (options.listen !== undefined) {
    const place = tcpPlace(options.listen, options.tokenFile);
    servers.push(await ControlServer.openTcp(place, documents, commands, { texts }));
  }
  service.ready();
  log.info('started', { control: options.control });

  let isStopping = false;
  const stop = async (): Promise<void> => {
    if (isStopping) return;
    isStopping = true;
    service.stopping();
    await member.stop();
    await Promise.all(servers.map(async (server) => server.close()));
    // One that hangs is no reason to stay.
    await Promise.race([driver.carriers?.ended, sleep(LongestFarewellMs)]);
    log.info('stopped');
    process.exit(0);
  };
  process.on('SIGTERM', () => void stop());
  process.on('SIGINT', () => void stop());
  process.on('SIGHUP', () => void reload());
  // The JSON is written with the data as well, where its own signal cannot be had.
  const dataWindows = ['keepalived.data', 'keepalived.json'] as const;
  process.on('SIGUSR1', () => writeWindows(member, dataWindows, options.dumps, log));
  jsonSignal.on('signal', () => writeWindows(member, ['keepalived.json'], options.dumps, log));
  process.on('SIGUSR2', () => writeWindows(member, ['keepalived.stats'], options.dumps, log));
}

/** keepalived's SIGJSON, which is SIGRTMIN + 2. */
async function followJsonSignal(write: () => void, log: Log): Promise<void> {
  const signal = 36;
  try {
    onRealTimeSignal(await loadLibc(), signal, write);
  } catch (error) {
    if (!(error instanceof IoError)) throw error;
    log.info('no SIGJSON', { reason: error.message });
  }
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
  process.exit(2);
}
