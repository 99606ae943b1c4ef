import { isIpv6, type IpAddress } from '../../director/base/address.js';
import type { HmacSha256 } from '../../director/base/hmac.js';
import { unreachable } from '../../director/base/invariant.js';
import type { Log } from '../../director/base/log.js';
import { longest, microseconds, seconds, type Duration } from '../../director/base/time.js';
import { timeoutOf } from '../../director/core/protocol-states.js';
import type { SyncConfig } from '../config/node-config.js';
import { IpvsSync } from '../sync/ipvs/ipvs-sync.js';
import type { IpvsVersion } from '../sync/ipvs/message.js';
import { shortestMessageLimit } from '../sync/ipvs/writer.js';
import { KeyRing } from '../sync/key-ring.js';
import { LeastDatagram, MaxDatagram } from '../sync/message.js';
import { protocolNumber } from '../sync/record-fields.js';
import { SessionSync } from '../sync/session-sync.js';
import type { SyncMachine } from '../sync/sync-machine.js';
import { defaultTuning } from '../sync/tuning.js';
import type { Replication } from './replication.js';

/** The rest of the node, as session sync needs it. */
export interface SyncPorts {
  /** This node's address on the sync network, and the longest IP packet there. */
  readonly address: IpAddress;
  readonly mtu: number;
  /** Only our own format can sign messages. */
  readonly keys: KeyRing | undefined;
  readonly replication: Replication;
  /** Seconds by state of TCP and UDP. */
  readonly timeouts: readonly number[];
  /** The longest interval of a master's advertisements, and whether one is heard now. */
  readonly advertInterval: Duration;
  readonly isMasterHeard: () => boolean;
  readonly log: Log;
}

/** For how much longer than the interval of its advertisements a master is listened for. */
const ListenMargin = 1.5;

/** Session sync in the format that the configuration asks for. */
export function createSync(config: SyncConfig, ports: SyncPorts): SyncMachine {
  switch (config.format) {
    case 'baton':
      return new SessionSync(
        {
          node: ports.replication.lives.own.node,
          syncId: config.syncId,
          epoch: ports.replication.lives.own.epoch,
          bulkTimeout: config.bulkTimeout,
          soloTimeout: longest(
            defaultTuning.soloTimeout,
            microseconds(ports.advertInterval * ListenMargin),
          ),
          isMasterHeard: ports.isMasterHeard,
          flushBound: config.flushBound,
          maxLength: Math.min(
            Math.max(longestMessage(config, ports.mtu), LeastDatagram),
            MaxDatagram,
          ),
          keys: ports.keys,
        },
        ports.replication,
        ports.log,
      );
    case 'ipvs-v1':
      return createIpvsSync(1, config, ports);
    case 'ipvs-v0':
      return createIpvsSync(0, config, ports);
    default:
      return unreachable(config.format);
  }
}

function createIpvsSync(version: IpvsVersion, config: SyncConfig, ports: SyncPorts): IpvsSync {
  const { syncId, flushBound, threshold } = config;
  return new IpvsSync({
    version,
    syncId,
    maxLength: Math.max(longestMessage(config, ports.mtu), shortestMessageLimit),
    flushBound,
    threshold,
    address: ports.address,
    timeoutOf: (protocol, state) =>
      seconds(timeoutOf(ports.timeouts, protocolNumber(protocol), state)),
  });
}

/** The keys that sync messages are signed with, if any. */
export function keyRingOf({ keys, activeKey }: SyncConfig, hmac: HmacSha256): KeyRing | undefined {
  return activeKey === undefined ? undefined : new KeyRing(keys, activeKey, hmac);
}

/** The longest sync message: as configured, but no longer than what fits the interface in one piece. */
function longestMessage({ maxLength, group }: SyncConfig, mtu: number): number {
  const headers = isIpv6(group) ? 48 : 28;
  return Math.min(maxLength, mtu - headers);
}
