import type { IpAddress } from '../../director/base/address.js';
import type { ServiceHealthConfig } from './checker-config.js';
import type { TimingDraft } from './keepalived-check-timing.js';
import type { RealServerDraft } from './keepalived-real-server.js';
import type { GroupEntry } from './keepalived-server-group.js';
import type { SorryServerDraft } from './keepalived-sorry-server.js';
import type {
  AddressFamily,
  ForwardingConfig,
  SchedulerFlag,
  SchedulerName,
  ServiceProtocol,
} from './node-config.js';
import type { Draft } from './read-context.js';
import type { Value } from './statement-reader.js';

/** What a virtual server answers for: an address and a port, where 0 is every port, a firewall mark, or several of them. */
export type ServiceTarget =
  | { readonly kind: 'address'; readonly address: IpAddress; readonly port: number }
  | { readonly kind: 'mark'; readonly mark: number }
  | { readonly kind: 'group'; readonly entries: readonly GroupEntry[] };

/** A service while its block is read: a field is undefined while it is missing or when it was refused. */
export interface ServiceDraft {
  /** As messages name it. */
  readonly name: string;
  readonly line: number;
  readonly target: ServiceTarget | undefined;
  readonly flags: { readonly flag: SchedulerFlag; readonly line: number }[];
  readonly realServers: RealServerDraft[];
  readonly timing: TimingDraft;
  readonly health: Draft<ServiceHealthConfig>;
  readonly sorry: SorryServerDraft;
  /** `weight`: that of real servers without one. */
  weight: number | undefined;
  inhibitOnFailure: boolean;
  virtualHost?: string | undefined;
  scheduler: SchedulerName | undefined;
  forwarding: ForwardingConfig | undefined;
  protocol: ServiceProtocol | undefined;
  protocolLine: number | undefined;
  onePacketLine: number | undefined;
  /** True when a keyword asks for persistence, even one whose value was refused. */
  isPersistent: boolean;
  persistenceTimeout: number | undefined;
  granularity: Value | undefined;
  family: AddressFamily | undefined;
  familyLine: number | undefined;
}
