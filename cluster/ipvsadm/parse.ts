import { isIpv6 } from '../../director/base/address.js';
import { assert, unreachable } from '../../director/base/invariant.js';
import type {
  Columns,
  DaemonOptions,
  DaemonRole,
  IpvsadmAnswer,
  IpvsadmCommand,
  ServerAddress,
  ServiceName,
  TunnelOptions,
} from './command.js';
import { emptyDraft, familyOf, LongestTimeout, readOption, type Draft } from './draft.js';
import { refuseOptions, refuseTunnelOptions } from './legality.js';
import { tokenize, type CommandName, type OptionName, type Token } from './options.js';
import type { PortNames } from './port-names.js';
import { readNetmask, readNumber, readSchedulerFlags } from './values.js';

/** What became of a command line. */
export type Parsed =
  | { readonly command: IpvsadmCommand }
  /** What ipvsadm would print in its place, with its exit status. */
  | { readonly refusal: IpvsadmAnswer };

/**
 * Reads one ipvsadm command line, the arguments after the program's name. The first option is the command; none at all
 * lists the services. What is refused, and the words for it, are those of ipvsadm 1.31.
 */
export function parseIpvsadm(argv: readonly string[], names: PortNames): Parsed {
  if (argv.length === 0) return parseIpvsadm(['-L'], names);
  const tokens = tokenize(argv);
  const first = firstOption(tokens);
  const start = tokens[first];
  if (start?.kind !== 'option' || start.form.command === undefined) return tryHelp;
  const { command } = start.form;
  if (command === 'help' || command === 'version') return { command: { kind: command } };
  if (command === 'start-daemon' && !isRole(start.value)) {
    return refuse('illegal start-daemon parameter specified');
  }
  // Its own words, although it stops.
  if (command === 'stop-daemon' && !isRole(start.value)) {
    return refuse('illegal start_daemon specified');
  }
  const draft = emptyDraft();
  if (isRole(start.value)) draft.role = start.value;
  const refusal = readTokens(tokens.toSpliced(first, 1), draft, names);
  return refusal ?? concluded(command, draft, operandsOf(tokens));
}

/** The command of a command line, whether or not the rest of it is legal; undefined when it does not begin with one. */
export function commandOf(argv: readonly string[]): CommandName | undefined {
  if (argv.length === 0) return 'list';
  const tokens = tokenize(argv);
  const start = tokens[firstOption(tokens)];
  return start?.kind === 'option' ? start.form.command : undefined;
}

const firstOption = (tokens: readonly Token[]): number =>
  tokens.findIndex(({ kind }) => kind !== 'operand');

const isRole = (text: string | undefined): text is DaemonRole =>
  text === 'master' || text === 'backup';

const tryHelp: Parsed = {
  refusal: {
    exit: 255,
    stdout: '',
    stderr: "Try `ipvsadm -h' or 'ipvsadm --help' for more information.\n",
  },
};

const refuse = (text: string): { readonly refusal: IpvsadmAnswer } => ({
  refusal: { exit: 2, stdout: '', stderr: `${text}\n` },
});

const operandsOf = (tokens: readonly Token[]): string[] =>
  tokens.flatMap((token) => (token.kind === 'operand' ? [token.word] : []));

/** Reads what follows the command, up to the first mistake. */
function readTokens(
  tokens: readonly Token[],
  draft: Draft,
  names: PortNames,
): Extract<Parsed, { refusal: unknown }> | undefined {
  for (const token of tokens) {
    if (token.kind === 'operand') continue;
    if (token.kind === 'fault') {
      const { word, reason } = token;
      return { refusal: { exit: 255, stdout: '', stderr: `${word}: ${reason}\n` } };
    }
    if (token.form.command !== undefined) return refuse(`invalid option \`${token.word}'`);
    const wrong = readOption(draft, token.form, token.value, names);
    if (wrong !== undefined) return refuse(wrong);
  }
  return undefined;
}

/** The commands that remain when those that say no more than their name have been answered. */
type RealCommand = Exclude<CommandName, 'help' | 'version'>;

/** What is read at last, and the checks of the whole. */
function concluded(command: RealCommand, draft: Draft, operands: readonly string[]): Parsed {
  const timeouts = command === 'set' ? operands.slice(0, 3) : [];
  if (command === 'set' && timeouts.length < 3) {
    return refuse('--set option requires 3 timeout values');
  }
  const wrong = timeouts.find((text) => readNumber(text, 0, LongestTimeout) === undefined);
  if (wrong !== undefined) return refuse(`invalid timeout value \`${wrong}' specified`);
  const unexpected = operands[timeouts.length];
  if (unexpected !== undefined) return refuse(`unexpected argument ${unexpected}`);
  const flags = readSchedulerFlags(draft.flags, draft.scheduler);
  if ('refusal' in flags) return refuse(flags.refusal);
  const illegal = refuseOptions(command, draft.given);
  if (illegal !== undefined) return refuse(illegal);
  if (command === 'set') {
    const [tcp = 0, tcpFin = 0, udp = 0] = timeouts.map(Number);
    return { command: { kind: 'set-timeouts', tcp, tcpFin, udp } };
  }
  return legalCommand(command, draft, flags.flags);
}

function legalCommand(
  command: Exclude<RealCommand, 'set'>,
  draft: Draft,
  flags: readonly string[],
): Parsed {
  switch (command) {
    case 'add-service':
    case 'edit-service':
      return serviceCommand(command, draft, flags);
    case 'add-server':
    case 'edit-server':
      return serverCommand(command, draft);
    case 'delete-service':
      return { command: { kind: command, service: requiredService(draft) } };
    case 'delete-server': {
      const service = requiredService(draft);
      return { command: { kind: command, service, server: requiredServer(draft) } };
    }
    case 'list':
      return listCommand(draft);
    case 'save':
      return { command: { kind: command, isNumeric: draft.given.has('numeric') } };
    case 'zero':
      return { command: { kind: command, service: draft.service } };
    case 'start-daemon':
      return {
        command: { kind: command, role: requiredRole(draft), options: daemonOptions(draft) },
      };
    case 'stop-daemon':
      return { command: { kind: command, role: requiredRole(draft) } };
    case 'flush':
    case 'restore':
      return { command: { kind: command } };
    default:
      return unreachable(command);
  }
}

function serviceCommand(
  kind: 'add-service' | 'edit-service',
  draft: Draft,
  flags: readonly string[],
): Parsed {
  const service = requiredService(draft);
  const family = familyOf(service);
  const longest = family === 6 ? 128 : 32;
  const { scheduler, engine, persistence: timeout, netmask } = draft;
  const prefixLength = netmask === undefined ? longest : readNetmask(netmask, family);
  if (prefixLength === undefined) {
    return refuse(
      family === 6
        ? 'illegal ipv6 netmask specified'
        : 'illegal virtual server persistent mask specified',
    );
  }
  if (service.kind === 'address' && service.port === 0 && timeout === undefined) {
    return refuse('Zero port specified for non-persistent service');
  }
  const isOnePacket = draft.given.has('ops');
  if (isOnePacket && service.kind === 'address' && service.protocol !== 'udp') {
    return refuse('One-Packet Scheduling is only for UDP virtual services');
  }
  const persistence = timeout === undefined ? undefined : { timeout, prefixLength };
  const options = { scheduler, flags, persistence, engine, isOnePacket };
  return { command: { kind, service, options } };
}

function serverCommand(kind: 'add-server' | 'edit-server', draft: Draft): Parsed {
  const service = requiredService(draft);
  const { method, weight, upperThreshold, lowerThreshold, tunnelType: type, given } = draft;
  const { address, port } = requiredServer(draft);
  const family = isIpv6(address) ? 6 : 4;
  if (family !== familyOf(service) && method !== 'Tunnel') {
    return refuse('Different address family is allowed only for tunneling servers');
  }
  if (method !== 'Tunnel' && [...given].some((option) => option.startsWith('tun-'))) {
    return refuse('Tunnel options conflict with forward method');
  }
  const illegal = refuseTunnelOptions(type, given);
  if (illegal !== undefined) return refuse(illegal);
  // A packet that is not rewritten arrives at the port that it was sent to.
  const keepsPort = service.kind === 'address' && (method === 'Route' || method === 'Tunnel');
  const server = { address, port: keepsPort ? service.port : port };
  const tunnel = { type, port: draft.tunnelPort, checksum: tunnelChecksum(given) };
  const options = { method, tunnel, weight, upperThreshold, lowerThreshold };
  return { command: { kind, service, server, options } };
}

const daemonOptions = (draft: Draft): DaemonOptions => ({
  device: draft.device,
  syncId: draft.syncId,
  maxLength: draft.syncLength,
  group: draft.group,
  port: draft.syncPort,
  ttl: draft.ttl,
});

function tunnelChecksum(given: ReadonlySet<OptionName>): TunnelOptions['checksum'] {
  if (given.has('tun-csum')) return 'full';
  return given.has('tun-remcsum') ? 'remote' : 'none';
}

/** Which listing it is when several are asked for. */
const columnsInOrder: readonly Exclude<Columns, 'plain'>[] = [
  'stats',
  'rate',
  'thresholds',
  'persistent-conn',
  'tun-info',
];

function listCommand({ given, service, server, client, state }: Draft): Parsed {
  const isOther = given.has('timeout') || given.has('daemon');
  const hasNumbers = given.has('stats') || given.has('rate') || given.has('thresholds');
  const conflicts =
    ((isOther || given.has('connection')) && hasNumbers) ||
    (isOther && given.has('persistent-conn'));
  if (conflicts) return refuse('options conflicts in the list command');
  const isNumeric = given.has('numeric');
  const isJson = given.has('json');
  if (given.has('connection')) {
    const withEngine = given.has('persistent-conn');
    const withOwner = given.has('owner');
    const filter = { client, service, server, state };
    const columns = { isNumeric, withEngine, withOwner };
    return { command: { kind: 'list-connections', ...columns, filter, isJson } };
  }
  if (given.has('timeout')) return { command: { kind: 'list-timeouts', isJson } };
  if (given.has('daemon')) return { command: { kind: 'list-daemons', isJson } };
  const columns: Columns = columnsInOrder.find((name) => given.has(name)) ?? 'plain';
  const isExact = given.has('exact');
  const format = { columns, isNumeric, isExact, isSorted: !given.has('nosort') };
  return { command: { kind: 'list', service, format, isJson } };
}

function requiredService({ service }: Draft): ServiceName {
  assert(service !== undefined, 'a command that needs a service is legal with one only');
  return service;
}

function requiredRole({ role }: Draft): DaemonRole {
  assert(role !== undefined, 'a command for a daemon is read with its role only');
  return role;
}

function requiredServer({ server }: Draft): ServerAddress {
  assert(server !== undefined, 'a command that needs a real server is legal with one only');
  return server;
}
