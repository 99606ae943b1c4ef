import { readFileSync } from 'node:fs';

import { BatonError, UsageError } from '../../director/base/errors.js';
import { addressKey, markKey } from '../../director/core/service-table.js';
import type { ServiceKey, VirtualService } from '../../director/core/services.js';
import { readPortNames, type PortNames } from '../ipvsadm/port-names.js';
import type { Commands, ReloadAnswer } from './api.js';
import { now } from './clock.js';
import type { CommandHandlers } from './control-server.js';
import { endpoint } from './endpoint.js';
import { runIpvsadm } from './ipvsadm.js';
import type { Member } from './member.js';
import { protocolOf, virtualOf } from './service-views.js';

/** What the control socket lets people change. */
export function commandHandlers(
  member: Member,
  reload: () => Promise<ReloadAnswer>,
): CommandHandlers {
  const names = machinePortNames();
  const target = {
    director: member.plane.director,
    daemons: member.node.daemons,
    ownerOf: (index: number) => member.replication.originName(index) ?? member.config.routerId,
  };
  return {
    '/ipvsadm': async ({ argv }) => {
      const { offload } = target.director;
      offload?.settle(now());
      const answer = runIpvsadm(target, argv, names, now());
      offload?.follow(now());
      try {
        // A real server may be the first behind its interface.
        await member.plane.openPorts();
        await member.followDaemons();
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
    '/weight': async (asked) => setWeight(member, asked),
    '/stand-down': async ({ isDown }) => {
      member.node.standDown(isDown);
      return { state: member.state };
    },
  };
}

/** Gives a real server another weight, which stays until the next one or the next configuration. Throws a `UsageError` when there is no such service or server. */
function setWeight(
  { plane: { director }, health }: Member,
  { protocol, virtual, server: name, weight }: Commands['/weight']['request'],
): Commands['/weight']['answer'] {
  const { services } = director;
  const service = [...services.services()].find(
    (one) => protocolOf(one) === protocol && virtualOf(one) === virtual,
  );
  if (service === undefined) {
    throw new UsageError({ code: 'no-service' }, `no service ${protocol} ${virtual}`);
  }
  const server = service.servers.find(({ address, port }) => endpoint(address, port) === name);
  if (server === undefined) {
    throw new UsageError({ code: 'no-server' }, `${virtual} has no real server ${name}`);
  }
  const before = server.weight;
  const { method, tunnel, upperThreshold, lowerThreshold, total } = server;
  // What a command line has added has no pool, and keeps what it is given.
  if (!health.setWeight(keyOf(service), server, weight)) {
    services.editServer(server, { method, tunnel, upperThreshold, lowerThreshold, weight });
  }
  return { before, connections: total };
}

const keyOf = ({ address, port, protocol, firewallMark, family }: VirtualService): ServiceKey =>
  address === undefined ? markKey(firewallMark, family) : addressKey(address, port, protocol);

/** The machine's names of ports; none when it has no such file. */
function machinePortNames(): PortNames {
  try {
    return readPortNames(readFileSync('/etc/services', 'utf8'));
  } catch {
    return readPortNames('');
  }
}
