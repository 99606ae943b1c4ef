import { readFileSync } from 'node:fs';

import { BatonError } from '../../director/base/errors.js';
import { readPortNames, type PortNames } from '../ipvsadm/port-names.js';
import type { ReloadAnswer } from './api.js';
import { now } from './clock.js';
import type { CommandHandlers } from './control-server.js';
import { runIpvsadm } from './ipvsadm.js';
import type { Member } from './member.js';

/** What the control socket lets people change. */
export function commandHandlers(
  member: Member,
  reload: () => Promise<ReloadAnswer>,
): CommandHandlers {
  const names = machinePortNames();
  return {
    '/ipvsadm': async ({ argv }) => {
      const answer = runIpvsadm(member.plane.director, argv, names, now());
      try {
        // A real server may be the first behind its interface.
        await member.plane.openPorts();
      } catch (error) {
        if (!(error instanceof BatonError)) throw error;
        return { ...answer, exit: 1, stderr: `${answer.stderr}${error.message}\n` };
      }
      return answer;
    },
    '/preempt': async () => {
      const { isTableComplete } = member;
      member.node.preempt();
      return { tableComplete: isTableComplete };
    },
    '/reload': reload,
  };
}

/** The machine's names of ports; none when it has no such file. */
function machinePortNames(): PortNames {
  try {
    return readPortNames(readFileSync('/etc/services', 'utf8'));
  } catch {
    return readPortNames('');
  }
}
