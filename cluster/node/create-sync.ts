import { randomInt } from 'node:crypto';

import type { IpAddress } from '../../director/base/address.js';
import { unreachable } from '../../director/base/invariant.js';
import type { Log } from '../../director/base/log.js';
import { seconds } from '../../director/base/time.js';
import { timeoutOf } from '../../director/core/protocol-states.js';
import type { SyncConfig } from '../config/node-config.js';
import { IpvsSync } from '../sync/ipvs/ipvs-sync.js';
import type { IpvsVersion } from '../sync/ipvs/message.js';
import { SessionSync } from '../sync/session-sync.js';
import type { SyncMachine } from '../sync/sync-machine.js';
import { protocolNumber, type Replication } from './replication.js';

/** The rest of the node, as session sync needs it. */
export interface SyncPorts {
  /** `router_id`. */
  readonly node: string;
  /** This node's address on the sync network. */
  readonly address: IpAddress;
  readonly replication: Replication;
  /** Seconds by state of TCP and UDP. */
  readonly timeouts: readonly number[];
  readonly log: Log;
}

/** Session sync in the format that the configuration asks for. */
export function createSync(config: SyncConfig, ports: SyncPorts): SyncMachine {
  switch (config.format) {
    case 'baton':
      return new SessionSync(
        {
          node: ports.node,
          syncId: config.syncId,
          epoch: Date.now() * 1_000 + randomInt(1_000),
          bulkTimeout: config.bulkTimeout,
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
  const { syncId, maxLength, flushBound, peers, threshold } = config;
  return new IpvsSync({
    version,
    syncId,
    maxLength,
    flushBound,
    peers,
    threshold,
    address: ports.address,
    timeoutOf: (protocol, state) =>
      seconds(timeoutOf(ports.timeouts, protocolNumber(protocol), state)),
  });
}
