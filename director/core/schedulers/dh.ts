import type { Flow } from '../../wire/flow.js';
import type { RealServer, VirtualService } from '../services.js';
import { foldAddress, hash32 } from './hash32.js';
import type { Scheduler, SchedulerFlag } from './scheduler.js';

const BucketBits = 8;

/**
 * Destination hashing: the address that the client connects to names one of 256 buckets, dealt out to the servers in
 * turn, weights aside; no other server stands in for one that is not usable (ip_vs_dh.c).
 */
export class DestinationHashing implements Scheduler {
  readonly name = 'dh';
  readonly flags: readonly SchedulerFlag[] = [];

  choose({ servers }: VirtualService, flow: Flow): RealServer | undefined {
    const bucket = hash32(foldAddress(flow.destination), BucketBits);
    const server = servers.length === 0 ? undefined : servers[bucket % servers.length];
    return server?.isUsable === true ? server : undefined;
  }

  handleChange(): void {}
}
