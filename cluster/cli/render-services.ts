import type { ServiceView } from '../node/api.js';
import { given, renderAbsent, type Answer } from './answers.js';

const indent = '  -> ';
const addressWidth = 28;

/** The virtual services in the layout of `ipvsadm -Ln`, a director after the other. */
export function renderServices(answers: readonly Answer<'/services'>[]): string {
  const parts = given(answers).map(({ node, document }) =>
    [
      `${node}:`,
      'Prot LocalAddress:Port Scheduler',
      `${indent}${'RemoteAddress:Port'.padEnd(addressWidth)} Forward Weight ActiveConn InActConn`,
      ...document.services.flatMap(renderService),
      '',
    ].join('\n'),
  );
  return [...parts, ...[renderAbsent(answers)].filter((text) => text !== '')].join('\n');
}

const renderService = (service: ServiceView): string[] => [
  `${service.protocol.padEnd(4)} ${service.virtual} ${service.scheduler}`,
  ...service.realServers.map(({ address, method, weight, active, inactive }) =>
    [
      `${indent}${address.padEnd(addressWidth)}`,
      method.padEnd(7),
      String(weight).padEnd(6),
      String(active).padEnd(10),
      String(inactive),
    ].join(' '),
  ),
];
