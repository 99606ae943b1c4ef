import { isIpv6, type IpAddress } from '../../director/base/address.js';
import { assert } from '../../director/base/invariant.js';
import {
  earliest,
  milliseconds,
  Never,
  seconds,
  type Duration,
  type Instant,
} from '../../director/base/time.js';
import type { Director } from '../../director/core/director.js';
import { ownAddress } from '../../director/core/interfaces.js';
import { timeoutOf } from '../../director/core/protocol-states.js';
import { ChannelDefaults, SyncPorts } from '../config/keepalived-sync-daemon.js';
import type { SyncEffect } from '../sync/effects.js';
import { IpvsSync, type IpvsRole } from '../sync/ipvs/ipvs-sync.js';
import { longestMessageLimit, shortestMessageLimit } from '../sync/ipvs/writer.js';
import { protocolNumber } from '../sync/record-fields.js';
import type { SyncRecord } from '../sync/record.js';
import type { SessionSyncSnapshot } from '../sync/snapshot.js';

/** What a daemon is started with. What is undefined has the kernel's default. */
export interface IpvsDaemonSettings {
  readonly device: string;
  readonly syncId: number;
  readonly maxLength: number | undefined;
  readonly group: IpAddress | undefined;
  readonly port: number | undefined;
  readonly ttl: number | undefined;
}

/** A daemon that runs, with what it was given and what the kernel's would have made of the rest. */
export interface IpvsDaemon {
  readonly role: IpvsRole;
  readonly device: string;
  readonly syncId: number;
  /** Bytes of UDP payload. */
  readonly maxLength: number;
  readonly group: IpAddress;
  readonly port: number;
  readonly ttl: number;
  /** This node's own address on the device. */
  readonly address: IpAddress;
  /** True for those of `lvs_sync_daemon`, whose messages go by the socket of session sync. */
  readonly isConfigured: boolean;
}

/** Why a daemon does not start, as the kernel's would not. */
export type IpvsDaemonRefusal = 'already-runs' | 'no-device' | 'no-address';

const roles: readonly IpvsRole[] = ['master', 'backup'];

/** The longest that a record waits for others to share its message, as by default in a configuration. */
const FlushBound: Duration = milliseconds(20);

/** ip_vs_sync.c, start_sync_thread: what messages are made for where nobody says, and the least of a backup's buffer. */
const EthernetMtu = 1_500;
const LeastBackupLength = 1_024;

interface Running {
  readonly daemon: IpvsDaemon;
  readonly sync: IpvsSync;
}

/**
 * The sync daemons that `ipvsadm --start-daemon` starts: beside our own session sync, or without it, a node speaks the
 * kernel's protocol, so that a kernel's backup daemon has its connections or it has a kernel's. At most one of each role
 * runs. With a `sync_format` of IPVS both run from the start, and one machine, that of session sync, is both of them.
 */
export class IpvsDaemons {
  readonly #director: Director;
  readonly #running = new Map<IpvsRole, Running>();

  constructor(director: Director) {
    this.#director = director;
  }

  /** The daemons that run, the master first. */
  get running(): readonly IpvsDaemon[] {
    return roles.flatMap((role) => this.#running.get(role)?.daemon ?? []);
  }

  /** True when there is somebody to tell connections to, beside session sync. */
  get isTelling(): boolean {
    return this.#own('master') !== undefined;
  }

  /** When `handleDeadline` wants to be called, or `Never`. */
  get deadline(): Instant {
    return roles.reduce((next, role) => earliest(next, this.#own(role)?.deadline ?? Never), Never);
  }

  /** What has been said and heard by a daemon; by both, for those of the configuration. */
  snapshot(role: IpvsRole): SessionSyncSnapshot | undefined {
    return this.#running.get(role)?.sync.snapshot();
  }

  /** Session sync is the daemons of both roles: the configuration says so. */
  adopt(sync: IpvsSync, daemon: Omit<IpvsDaemon, 'role' | 'isConfigured'>): void {
    for (const role of roles) {
      this.#running.set(role, { daemon: { ...daemon, role, isConfigured: true }, sync });
    }
  }

  /** Starts a daemon. Its messages want a socket from now on. */
  start(now: Instant, role: IpvsRole, settings: IpvsDaemonSettings): IpvsDaemonRefusal | undefined {
    if (this.#running.has(role)) return 'already-runs';
    const device = this.#director.interfaces.find(({ name }) => name === settings.device);
    if (device === undefined) return 'no-device';
    const { syncId, group = ChannelDefaults.group, port = SyncPorts['ipvs-v1'] } = settings;
    const { ttl = ChannelDefaults.ttl } = settings;
    const address = ownAddress(device, group);
    if (address === undefined) return 'no-address';
    const maxLength = messageLength(role, { group, mtu: device.mtu, asked: settings.maxLength });
    const place = { role, device: device.name, syncId, maxLength, group, port, ttl, address };
    const sync = this.#machine(place);
    this.#running.set(role, { daemon: { ...place, isConfigured: false }, sync });
    sync.start(now);
    return undefined;
  }

  /** Ends a daemon; a master says first what waits to be said. False when none runs. */
  stop(now: Instant, role: IpvsRole): boolean {
    const running = this.#running.get(role);
    if (running === undefined) return false;
    running.sync.endRole(now, role);
    this.#last.push(...this.#effectsOf(running));
    return this.#running.delete(role);
  }

  /** Tells an entry of this node's own; the number of the message that will, from 1, or 0 when nobody is told. */
  update(now: Instant, record: SyncRecord): number {
    return this.#own('master')?.update(now, record) ?? 0;
  }

  /** An entry that peers know is gone: the format has no word for it, and it is counted. */
  remove(now: Instant): void {
    this.#own('master')?.remove(now);
  }

  /** Sends at once what waits for company. */
  flush(now: Instant): void {
    this.#own('master')?.flush(now);
  }

  handleDeadline(now: Instant): void {
    const master = this.#own('master');
    if (master !== undefined && master.deadline <= now) master.handleDeadline(now);
  }

  /** A datagram on the backup's port. */
  handleDatagram(now: Instant, bytes: Uint8Array, source: IpAddress): void {
    this.#own('backup')?.handleDatagram(now, bytes, source);
  }

  /** What the daemons want done since they were asked last. */
  takeEffects(): SyncEffect[] {
    const effects = this.#last.splice(0);
    for (const running of this.#running.values()) effects.push(...this.#effectsOf(running));
    return effects;
  }

  /** What a daemon that has ended still wants done. */
  readonly #last: SyncEffect[] = [];

  /** The machine of a daemon that is not session sync itself. */
  #own(role: IpvsRole): IpvsSync | undefined {
    const running = this.#running.get(role);
    return running === undefined || running.daemon.isConfigured ? undefined : running.sync;
  }

  /** The effects of session sync itself are drained where it is driven. */
  #effectsOf({ daemon, sync }: Running): SyncEffect[] {
    return daemon.isConfigured ? [] : sync.effects.splice(0);
  }

  #machine({ role, syncId, maxLength, address }: Omit<IpvsDaemon, 'isConfigured'>): IpvsSync {
    const { settings, timeouts } = this.#director;
    assert(settings.sync_version === 0 || settings.sync_version === 1, 'there are two versions');
    return new IpvsSync({
      version: settings.sync_version,
      roles: [role],
      syncId,
      maxLength: Math.min(Math.max(maxLength, shortestMessageLimit), longestMessageLimit),
      flushBound: FlushBound,
      threshold: settings.sync_threshold[0],
      address,
      timeoutOf: (protocol, state) => seconds(timeoutOf(timeouts, protocolNumber(protocol), state)),
    });
  }
}

/** The longest message as the kernel settles it: what was asked for within bounds, or what fits. */
function messageLength(
  role: IpvsRole,
  { group, mtu, asked }: { group: IpAddress; mtu: number; asked: number | undefined },
): number {
  const headers = isIpv6(group) ? 48 : 28;
  const longest = 65_535 - headers;
  if (asked !== undefined) {
    return Math.min(Math.max(asked, role === 'backup' ? LeastBackupLength : 1), longest);
  }
  // A backup's buffer is never smaller than the messages of a master on another network.
  return (role === 'backup' ? Math.max(mtu, EthernetMtu) : EthernetMtu) - headers;
}
