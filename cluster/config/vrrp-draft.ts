import type { Duration } from '../../director/base/time.js';
import type { AddressDraft } from './keepalived-addresses.js';
import type { AnnounceDraft } from './keepalived-announce.js';
import type { HmacDraft } from './keepalived-authentication.js';
import type { NotifyDraft } from './keepalived-command.js';
import type { TrackedDraft } from './keepalived-track.js';
import type { TransportDraft } from './keepalived-transport.js';
import type { PasswordAuthentication } from './vrrp-config.js';

/** An instance while its block is read: a field is undefined while it is missing or when it was refused. */
export interface InstanceDraft {
  readonly name: string | undefined;
  device: string | undefined;
  virtualRouterId: number | undefined;
  version: 2 | 3 | undefined;
  checksumAsV2: boolean;
  priority: number | undefined;
  advertInterval: Duration | undefined;
  preemptDelay: Duration | undefined;
  downTimerAdverts: number;
  startsAsMaster: boolean;
  higherPrioritySendsAdvert: boolean;
  lowerPriorityNoAdvert: boolean;
  addresses: readonly AddressDraft[];
  excluded: readonly AddressDraft[];
  readonly transport: TransportDraft;
  password: PasswordAuthentication | undefined;
  hmac: HmacDraft | undefined;
  readonly announce: AnnounceDraft;
  readonly tracked: TrackedDraft[];
  readonly notify: NotifyDraft;
}
