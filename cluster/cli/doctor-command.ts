import { networkInterfaces, release } from 'node:os';

import { BatonError } from '../../director/base/errors.js';
import {
  AutomaticDrivers,
  DriverNames,
  troubleWith,
  type DriverName,
} from '../../director/io/driver.js';
import { loadLibc } from '../../director/io/libc.js';
import { xdpTroubles } from '../../director/offload/xdp-features.js';
import { directorProgram, serverProgram } from '../lab/members.js';
import { preflight } from '../lab/preflight.js';
import { addCommand, examples, type CommandLine } from './command-line.js';
import type { CommonOptions } from './lab-option.js';
import { renderTable } from './table.js';

/** One thing that was looked at. */
interface Finding {
  readonly subject: string;
  readonly isFine: boolean;
  readonly text: string;
}

/** `doctor`: what works on this machine, for this user. */
export function addDoctorCommand(line: CommandLine): void {
  addCommand(line, 'doctor')
    .summary('say what works on this machine')
    .description(
      'Say whether labs can run here, which packet driver directors would use, and\n' +
        'why. The exit status is 1 when something needed is missing.',
    )
    .addHelpText('after', examples('doctor', 'doctor --json'))
    .action(async ({ json }: CommonOptions) => {
      const drivers = await Promise.all(DriverNames.map(examine));
      const driver = AutomaticDrivers.find((name) =>
        drivers.some(({ subject, isFine }) => isFine && subject === subjectOf(name)),
      );
      const findings = [checkLabs(), ...drivers, verdict(driver)];
      const isWell = findings.every(({ subject, isFine }) => isFine || isOptional(subject));
      line.terminal.out(
        json === true
          ? `${JSON.stringify({ driver, kernel: release(), findings }, undefined, 2)}\n`
          : render(findings),
      );
      line.fail(isWell ? 0 : 1);
    });
}

/** Without them directors are slower. */
const isOptional = (subject: string): boolean =>
  subject === subjectOf('offload') || subject === subjectOf('ring') || subject === subjectOf('xdp');

function checkLabs(): Finding {
  const subject = 'labs';
  try {
    preflight([directorProgram, serverProgram]);
    return { subject, isFine: true, text: 'network namespaces can be made' };
  } catch (error) {
    if (error instanceof BatonError) return { subject, isFine: false, text: error.message };
    throw error;
  }
}

/** What the driver `xdp` asks of interfaces, and of what is behind them, which cannot be found out from here. */
async function xdpLimits(): Promise<string> {
  const devices = Object.entries(networkInterfaces())
    .filter(([, addresses]) => addresses?.some(({ internal }) => !internal))
    .map(([name]) => name);
  const troubles = xdpTroubles(await loadLibc(), devices);
  return ['only when asked for', ...troubles, XdpHosts].join('; ');
}

const XdpHosts = 'hosts behind veth need `ethtool -K IF tx off gro on`';

async function examine(name: DriverName): Promise<Finding> {
  const trouble = await troubleWith(name);
  const limits = trouble === undefined && name === 'xdp' ? `, ${await xdpLimits()}` : '';
  const text = trouble ?? `works on Linux ${release()}${limits}`;
  return { subject: subjectOf(name), isFine: trouble === undefined, text };
}

const subjectOf = (name: DriverName): string => `driver ${name}`;

const verdict = (driver: DriverName | undefined): Finding => ({
  subject: 'driver auto',
  isFine: driver !== undefined,
  text: driver === undefined ? 'no packet driver works' : `directors use ${driver}`,
});

const render = (findings: readonly Finding[]): string =>
  renderTable(
    [{ title: 'what' }, { title: '' }, { title: 'finding' }],
    findings.map(({ subject, isFine, text }) => [subject, isFine ? 'ok' : 'no', text]),
  );
