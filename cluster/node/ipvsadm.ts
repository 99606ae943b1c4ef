import { addressBytes, isIpv6, type IpAddress } from '../../director/base/address.js';
import { unreachable } from '../../director/base/invariant.js';
import type { Instant } from '../../director/base/time.js';
import type { Director } from '../../director/core/director.js';
import { createScheduler } from '../../director/core/schedulers/create.js';
import {
  SchedulerFlags,
  SchedulerNames,
  type Scheduler,
} from '../../director/core/schedulers/scheduler.js';
import { addressKey, findServer, markKey } from '../../director/core/service-table.js';
import {
  methodFromName,
  type RealServerSettings,
  type ServiceKey,
  type VirtualService,
} from '../../director/core/services.js';
import { State } from '../../director/core/states.js';
import { Family } from '../../director/wire/flow.js';
import type {
  IpvsadmAnswer,
  IpvsadmCommand,
  ListingFormat,
  ServiceName,
  ServiceOptions,
} from '../ipvsadm/command.js';
import { fitsFilter } from '../ipvsadm/connection-filter.js';
import { helpText, versionText } from '../ipvsadm/help.js';
import { compareHosts, compareServices, type ServiceListing } from '../ipvsadm/listing.js';
import { parseIpvsadm } from '../ipvsadm/parse.js';
import type { PortNames } from '../ipvsadm/port-names.js';
import { renderConnections, renderDaemons, renderTimeouts } from '../ipvsadm/render-connections.js';
import { renderRules } from '../ipvsadm/render-rules.js';
import { renderService, renderServices } from '../ipvsadm/render-services.js';
import type { IpvsDaemonRefusal, IpvsDaemons } from '../member/ipvs-daemons.js';
import {
  connectionListings,
  daemonListing,
  protocolNumbers,
  serviceListing,
  serviceListings,
  timeoutsOf,
} from './ipvsadm-listings.js';

type Of<Kind extends IpvsadmCommand['kind']> = Extract<IpvsadmCommand, { readonly kind: Kind }>;

/** What the kernel refuses, in the words that ipvsadm has for its error numbers. */
const Refusal = {
  serviceExists: 'Service already exists',
  noService: 'No such service',
  noScheduler: 'Scheduler or persistence engine not found',
  serviceNotDefined: 'Service not defined',
  serverExists: 'Destination already exists',
  noServer: 'No such destination',
  notUnicast: 'Invalid operation.  Possibly wrong module version, address not unicast, ...',
  outOfRange: 'Numerical result out of range',
  daemonRuns: 'Daemon has already run',
  noDaemon: 'No daemon is running',
} as const;

const printed = (stdout: string): IpvsadmAnswer => ({ exit: 0, stdout, stderr: '' });
const done = printed('');
const asJson = (value: unknown): IpvsadmAnswer =>
  printed(`${JSON.stringify(value, undefined, 2)}\n`);
const refused = (reason: string, exit = 255): IpvsadmAnswer => ({
  exit,
  stdout: '',
  stderr: `${reason}\n`,
});

/** What a command line is carried out on. */
export interface IpvsadmTarget {
  readonly director: Director;
  readonly daemons: IpvsDaemons;
  /** The node that answers for the entry at an index of the table. */
  ownerOf(index: number): string;
}

/**
 * Carries out one ipvsadm command line on a director, as the kernel and ipvsadm would. Changes take effect at once, but for
 * the socket of a sync daemon that has been started: it is the caller's to open.
 */
export function runIpvsadm(
  target: IpvsadmTarget,
  argv: readonly string[],
  names: PortNames,
  now: Instant,
): IpvsadmAnswer {
  const parsed = parseIpvsadm(argv, names);
  if ('refusal' in parsed) return parsed.refusal;
  const { command } = parsed;
  const { director, daemons } = target;
  switch (command.kind) {
    case 'add-service':
      return addService(director, command);
    case 'edit-service':
      return editService(director, command);
    case 'delete-service':
      return deleteService(director, command);
    case 'flush':
      return flush(director);
    case 'add-server':
      return addServer(director, command);
    case 'edit-server':
      return editServer(director, command);
    case 'delete-server':
      return deleteServer(director, command);
    case 'zero':
      return zero(director, command);
    case 'set-timeouts':
      return setTimeouts(director, command);
    case 'start-daemon':
      return startDaemon(daemons, command, now);
    case 'stop-daemon':
      return daemons.stop(now, command.role) ? done : refused(Refusal.noDaemon);
    default:
      return show(target, command, names, now);
  }
}

type Showing = Exclude<
  IpvsadmCommand,
  Of<
    | 'add-service'
    | 'edit-service'
    | 'delete-service'
    | 'flush'
    | 'add-server'
    | 'edit-server'
    | 'delete-server'
    | 'zero'
    | 'set-timeouts'
    | 'start-daemon'
    | 'stop-daemon'
  >
>;

function show(
  target: IpvsadmTarget,
  command: Showing,
  names: PortNames,
  now: Instant,
): IpvsadmAnswer {
  const { director, daemons } = target;
  switch (command.kind) {
    case 'list':
      return list(director, command, names);
    case 'list-connections': {
      const listings = connectionListings(target, now).filter((one) =>
        fitsFilter(one, command.filter),
      );
      return command.isJson
        ? asJson(listings)
        : printed(renderConnections(listings, { ...command, names }));
    }
    case 'list-timeouts': {
      const timeouts = timeoutsOf(director);
      return command.isJson ? asJson(timeouts) : printed(renderTimeouts(timeouts));
    }
    case 'list-daemons': {
      const listings = daemons.running.map(daemonListing);
      return command.isJson ? asJson(listings) : printed(renderDaemons(listings));
    }
    case 'save': {
      const rules = {
        services: serviceListings(director),
        timeouts: timeoutsOf(director),
        daemons: daemons.running.map(daemonListing),
      };
      return printed(renderRules(rules, command.isNumeric, names));
    }
    case 'restore':
      return refused('the rules to restore are given one by one', 2);
    case 'help':
      return printed(helpText);
    case 'version':
      return printed(versionText);
    default:
      return unreachable(command);
  }
}

function keyOf(service: ServiceName): ServiceKey {
  if (service.kind === 'mark') {
    return markKey(service.mark, service.family === 6 ? Family.ipv6 : Family.ipv4);
  }
  return addressKey(service.address, service.port, protocolNumbers[service.protocol]);
}

const find = (director: Director, service: ServiceName): VirtualService | undefined =>
  director.services.find(keyOf(service));

/** Undefined for a scheduler or persistence engine that does not exist. There are no engines. */
function schedulerFor(
  { settings, prng }: Director,
  options: ServiceOptions,
): Scheduler | undefined {
  const name = SchedulerNames.find((known) => known === options.scheduler);
  if (name === undefined || options.engine !== undefined) return undefined;
  const flags = SchedulerFlags.filter((flag) => options.flags.includes(flag));
  return createScheduler(name, { flags, settings, prng });
}

function addService(
  director: Director,
  { service, options }: Of<'add-service' | 'edit-service'>,
): IpvsadmAnswer {
  if (find(director, service) !== undefined) return refused(Refusal.serviceExists);
  const scheduler = schedulerFor(director, options);
  if (scheduler === undefined) return refused(Refusal.noScheduler);
  const address = service.kind === 'address' ? service.address : undefined;
  const { persistence, isOnePacket } = options;
  director.addService(keyOf(service), address, scheduler, { persistence, isOnePacket });
  return done;
}

function editService(
  director: Director,
  { service: name, options }: Of<'add-service' | 'edit-service'>,
): IpvsadmAnswer {
  const service = find(director, name);
  if (service === undefined) return refused(Refusal.noService);
  const scheduler = schedulerFor(director, options);
  if (scheduler === undefined) return refused(Refusal.noScheduler);
  service.persistence = options.persistence;
  service.isOnePacket = options.isOnePacket;
  // A scheduler that stays keeps its place in the round.
  const stays =
    service.scheduler.name === scheduler.name &&
    service.scheduler.flags.join(',') === scheduler.flags.join(',');
  if (!stays) director.services.setScheduler(service, scheduler);
  return done;
}

function flush({ services }: Director): IpvsadmAnswer {
  const all = Array.from(services.services());
  for (const service of all) services.removeService(service);
  return done;
}

function deleteService(director: Director, command: Of<'delete-service'>): IpvsadmAnswer {
  const service = find(director, command.service);
  if (service === undefined) return refused(Refusal.noService);
  director.services.removeService(service);
  return done;
}

/** The settings of a real server, or why it may not have them. */
function serverSettings({
  server,
  options,
}: Of<'add-server' | 'edit-server'>): RealServerSettings | { readonly refusal: string } {
  if (!isUnicast(server.address)) return { refusal: Refusal.notUnicast };
  if (options.lowerThreshold > options.upperThreshold) return { refusal: Refusal.outOfRange };
  return { ...server, ...options, method: methodFromName(options.method) };
}

function addServer(director: Director, command: Of<'add-server' | 'edit-server'>): IpvsadmAnswer {
  const service = find(director, command.service);
  if (service === undefined) return refused(Refusal.serviceNotDefined);
  const settings = serverSettings(command);
  if ('refusal' in settings) return refused(settings.refusal);
  const added = director.services.addServer(service, settings);
  return added === undefined ? refused(Refusal.serverExists) : done;
}

function editServer(director: Director, command: Of<'add-server' | 'edit-server'>): IpvsadmAnswer {
  const service = find(director, command.service);
  if (service === undefined) return refused(Refusal.serviceNotDefined);
  const settings = serverSettings(command);
  if ('refusal' in settings) return refused(settings.refusal);
  const server = findServer(service, command.server);
  if (server === undefined) return refused(Refusal.noServer);
  director.services.editServer(server, settings);
  return done;
}

function deleteServer(director: Director, command: Of<'delete-server'>): IpvsadmAnswer {
  const service = find(director, command.service);
  if (service === undefined) return refused(Refusal.serviceNotDefined);
  const server = findServer(service, command.server);
  if (server === undefined) return refused(Refusal.noServer);
  director.services.removeServer(server);
  return done;
}

function zero(director: Director, command: Of<'zero'>): IpvsadmAnswer {
  const named = command.service && find(director, command.service);
  if (command.service !== undefined && named === undefined) return refused(Refusal.noService);
  const services = named === undefined ? [...director.services.services()] : [named];
  for (const { stats, rates } of services.flatMap((service) => [service, ...service.servers])) {
    stats.reset();
    rates.reset(stats);
  }
  return done;
}

function setTimeouts(
  { timeouts }: Director,
  { tcp, tcpFin, udp }: Of<'set-timeouts'>,
): IpvsadmAnswer {
  if (tcp > 0) timeouts[State.established] = tcp;
  if (tcpFin > 0) timeouts[State.finWait] = tcpFin;
  if (udp > 0) timeouts[State.udp] = udp;
  return done;
}

function list(
  director: Director,
  { service: name, format, isJson }: Of<'list'>,
  names: PortNames,
): IpvsadmAnswer {
  const style = { format, names };
  if (name === undefined) {
    const { capacity } = director.connections;
    const listings = serviceListings(director);
    if (isJson) return asJson(inOrder(listings, format));
    return printed(renderServices(listings, capacity, style));
  }
  const service = find(director, name);
  if (service === undefined) return refused(Refusal.noService, 1);
  const listing = serviceListing(service);
  return isJson ? asJson(inOrder([listing], format)) : printed(renderService(listing, style));
}

/** Services and real servers in the order of ipvsadm's listings, unless that of the table is wanted. */
function inOrder(
  listings: readonly ServiceListing[],
  { isSorted }: ListingFormat,
): readonly ServiceListing[] {
  if (!isSorted) return listings;
  return listings
    .toSorted(compareServices)
    .map((listing) => ({ ...listing, servers: listing.servers.toSorted(compareHosts) }));
}

const daemonRefusals: Readonly<Record<IpvsDaemonRefusal, string>> = {
  'already-runs': Refusal.daemonRuns,
  'no-device': 'No such device',
  'no-address': 'Cannot assign requested address',
};

function startDaemon(
  daemons: IpvsDaemons,
  { role, options }: Of<'start-daemon'>,
  now: Instant,
): IpvsadmAnswer {
  const refusal = daemons.start(now, role, options);
  return refusal === undefined ? done : refused(daemonRefusals[refusal]);
}

/** False for addresses that no single host has. */
function isUnicast(address: IpAddress): boolean {
  const bytes = addressBytes(address);
  const [first = 0] = bytes;
  if (bytes.every((byte) => byte === 0)) return false;
  return isIpv6(address) ? first !== 0xff : first < 224;
}
