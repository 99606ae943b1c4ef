import type { RealServerView, ServiceView } from '../node/api.js';
import { given, renderAbsent, type Answer } from './answers.js';

const indent = '  -> ';
const addressWidth = 28;

/** The virtual services in the layout of `ipvsadm -Ln`, a director after the other, with the health of those that are checked. */
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
  `${service.protocol.padEnd(4)} ${service.virtual} ${service.scheduler}${renderQuorum(service)}`,
  ...service.realServers.map(renderServer),
];

function renderQuorum({ quorum }: ServiceView): string {
  if (quorum === undefined) return '';
  const { isUp, weight, isSorry } = quorum;
  const sorry = isSorry ? ', sorry server' : '';
  return `  quorum ${isUp ? 'up' : 'lost'} (weight ${weight} of ${quorum.quorum})${sorry}`;
}

function renderServer(server: RealServerView): string {
  const { address, method, weight, active, inactive, health, isPlaced } = server;
  const columns = [
    `${indent}${address.padEnd(addressWidth)}`,
    method.padEnd(7),
    (isPlaced ? String(weight) : '-').padEnd(6),
    (isPlaced ? String(active) : '-').padEnd(10),
    isPlaced ? String(inactive) : '-',
  ].join(' ');
  if (health === undefined) return columns;
  const reason = health.isUp || health.reason === undefined ? '' : `: ${health.reason}`;
  const beforeHealth = columns.padEnd(indent.length + addressWidth + 36);
  return `${beforeHealth} ${health.isUp ? 'up' : 'down'}${reason}`;
}
