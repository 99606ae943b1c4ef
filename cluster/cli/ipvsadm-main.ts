import process from 'node:process';
import { text } from 'node:stream/consumers';

import { BatonError } from '../../director/base/errors.js';
import { commandOf } from '../ipvsadm/parse.js';
import { sendCommand } from '../lab/control-client.js';
import { controlSocket } from '../vagrant/guest-units.js';
import { restoreRules } from './restore-rules.js';

/*
 * The program `ipvsadm` of a node: like ipvsadm itself in all that it takes, prints and ends with. What the kernel is there,
 * the director of the control socket `BATON_CONTROL` is here.
 */

const socket = process.env['BATON_CONTROL'] ?? controlSocket;

/** What ipvsadm ends with when there is no IPVS to talk to. */
const noDirector = 2;

async function carryOut(argv: readonly string[]): Promise<number> {
  const { exit, stdout, stderr } = await sendCommand(socket, '/ipvsadm', { argv });
  process.stdout.write(stdout);
  process.stderr.write(stderr);
  return exit;
}

const argv = process.argv.slice(2);
try {
  process.exitCode =
    commandOf(argv) === 'restore'
      ? await restoreRules(await text(process.stdin), carryOut)
      : await carryOut(argv);
} catch (error) {
  if (!(error instanceof BatonError)) throw error;
  process.stderr.write(`Can't initialize ipvs: ${error.message}\nIs a director running here?\n`);
  process.exitCode = noDirector;
}
