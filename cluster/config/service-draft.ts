import type { IpAddress } from '../../director/base/address.js';
import type { RealServerDraft } from './keepalived-real-server.js';
import type {
  AddressFamily,
  ForwardingConfig,
  SchedulerFlag,
  SchedulerName,
  ServiceProtocol,
} from './node-config.js';
import type { Value } from './statement-reader.js';

/** What a virtual server answers for: an address and a port, where 0 is every port, or a firewall mark. */
export type ServiceTarget =
  | { readonly kind: 'address'; readonly address: IpAddress; readonly port: number }
  | { readonly kind: 'mark'; readonly mark: number };

/** A service while its block is read: a field is undefined while it is missing or when it was refused. */
export interface ServiceDraft {
  /** As messages name it. */
  readonly name: string;
  readonly line: number;
  readonly target: ServiceTarget | undefined;
  readonly flags: { readonly flag: SchedulerFlag; readonly line: number }[];
  readonly realServers: RealServerDraft[];
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
