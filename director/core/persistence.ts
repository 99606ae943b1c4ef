import type { Instant } from '../base/time.js';
import { Family, type Flow } from '../wire/flow.js';
import type { EntryKey } from './connection-row.js';
import { NoConnection } from './connections.js';
import { DropReason } from './counters.js';
import type { Director } from './director.js';
import { bindConnection, retireTemplate, serverOf } from './lifecycle.js';
import { refusal } from './refusal.js';
import { Ftp } from './service-table.js';
import type { Persistence, VirtualService } from './services.js';

/** The client's network and a mark as an address, while a template is looked for. */
const clientNetwork = new Uint32Array(4);
const markAddress = new Uint32Array(4);

/**
 * The template that a new connection of a persistent service follows (ip_vs_sched_persist in ip_vs_core.c), with its full
 * time again; `NoConnection` when there is none that can be used, or the service is not persistent. One that cannot be
 * used any more is out of the way afterwards.
 */
export function findTemplate(
  director: Director,
  service: VirtualService,
  flow: Flow,
  now: Instant,
): number {
  const { connections } = director;
  if (service.persistence === undefined) return NoConnection;
  const template = connections.findEntry(keyOf(service, service.persistence, flow));
  if (template === NoConnection) return NoConnection;
  if (!isUsable(director, template)) {
    retireTemplate(director, template);
    return NoConnection;
  }
  connections.expireAfter(template, service.persistence.timeout, now);
  return template;
}

/** Makes a template by the scheduler's choice, or answers a refusal. The caller has made room. */
export function makeTemplate(
  director: Director,
  service: VirtualService,
  persistence: Persistence,
  flow: Flow,
  now: Instant,
): number {
  const { connections } = director;
  const server = service.scheduler.choose(service, flow, now);
  if (server === undefined) return refusal(DropReason.noServer);
  const key = keyOf(service, persistence, flow);
  const realPort = key.virtualPort === 0 ? 0 : server.port;
  const template = connections.insert({ ...key, realWords: server.words, realPort }, now);
  if (template === NoConnection) return refusal(DropReason.clientLimit);
  bindConnection(director, template, server);
  connections.expireAfter(template, persistence.timeout, now);
  return template;
}

/**
 * What the template of a client is known by: protocol, client network and virtual endpoint; for a service of every port,
 * and for FTP with its data connections, port 0, and for a firewall mark the mark. Good until the next call.
 */
function keyOf(service: VirtualService, persistence: Persistence, flow: Flow): EntryKey {
  const hasPort = flow.destinationPort === service.port;
  const isMarked = !hasPort && service.firewallMark !== 0;
  maskInto(clientNetwork, flow, persistence.prefixLength);
  writeMark(markAddress, flow.family, service.firewallMark);
  return {
    family: flow.family,
    protocol: isMarked ? 0 : flow.protocol,
    isTemplate: true,
    clientWords: clientNetwork,
    clientPort: 0,
    virtualWords: isMarked ? markAddress : flow.destination,
    virtualPort: hasPort && service.port !== Ftp.port ? service.port : 0,
  };
}

/** A firewall mark as the kernel puts it into an address: the IPv4 address, or the first word of an IPv6 one. */
function writeMark(target: Uint32Array, family: Family, mark: number): void {
  target.fill(0);
  target[family === Family.ipv4 ? 3 : 0] = mark;
}

/** False when the template's server is gone, or quiesced and `expire_quiescent_template` says so (ip_vs_check_template). */
function isUsable(director: Director, template: number): boolean {
  const server = serverOf(director, template);
  if (server === undefined || !server.isAvailable) return false;
  return director.settings.expire_quiescent_template === 0 || server.weight > 0;
}

function maskInto(target: Uint32Array, flow: Flow, prefixLength: number): void {
  const first = flow.family === Family.ipv4 ? 96 : 0;
  for (let word = 0; word < 4; word += 1) {
    const bits = Math.min(32, Math.max(0, first + prefixLength - word * 32));
    const mask = bits === 0 ? 0 : (0xffff_ffff << (32 - bits)) >>> 0;
    target[word] = (flow.source[word] ?? 0) & mask;
  }
}
