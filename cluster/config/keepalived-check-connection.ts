import type { IpAddress } from '../../director/base/address.js';
import { isLinkLocal } from './address-kinds.js';
import type { CheckConnection } from './checker-config.js';
import {
  completeTimeout,
  connectTimeoutKeyword,
  type TimingDraft,
} from './keepalived-check-timing.js';
import type { Draft, ReadContext } from './read-context.js';
import { familyOf } from './service-values.js';
import type { Block, Keyword } from './statement-reader.js';

/** What a checker, or a `host` of SMTP_CHECK, says of its connection. */
export type ConnectionDraft = Draft<Omit<CheckConnection, 'timeout'>> &
  Pick<TimingDraft, 'connectTimeout'>;

/** Where a checker connects to unless it says otherwise. */
export interface CheckedEndpoint {
  readonly address: IpAddress;
  readonly port: number;
}

const PortRange = { minimum: 1, maximum: 65_535 };
const MarkRange = { minimum: 0, maximum: 4_294_967_295 };

/** The keywords of a checker about its connection. */
export function connectionKeywords(
  draft: ConnectionDraft,
  context: ReadContext,
): Record<string, Keyword> {
  const { reader } = context;
  return {
    connect_ip: {
      read: (statement) => {
        draft.address = reader.address(reader.value(statement, 'an address'));
      },
    },
    connect_port: {
      read: (statement) => {
        draft.port = reader.wholeNumber(reader.value(statement, 'a port'), PortRange);
      },
    },
    bindto: {
      read: (statement) => {
        draft.bindAddress = reader.address(reader.value(statement, 'an address'));
      },
    },
    bind_port: {
      read: (statement) => {
        draft.bindPort = reader.wholeNumber(reader.value(statement, 'a port'), PortRange);
      },
    },
    bind_if: {
      read: (statement) => {
        draft.bindDevice = reader.device(reader.value(statement, 'an interface'));
      },
    },
    fwmark: {
      read: (statement) => {
        draft.mark = reader.wholeNumber(reader.value(statement), MarkRange);
      },
    },
    connect_timeout: connectTimeoutKeyword(draft, context),
  };
}

/** True when the block says anything about where to connect. */
export const saysWhere = (draft: ConnectionDraft): boolean =>
  Object.values(draft).some((value) => value !== undefined);

/** Refuses an address that goes with neither its interface nor the other one. */
export function checkConnection(
  { address, bindAddress, bindDevice }: ConnectionDraft,
  endpoint: CheckedEndpoint | undefined,
  block: Block,
  { problems }: ReadContext,
): void {
  const target = address ?? endpoint?.address;
  if (target === undefined) return;
  if (bindAddress !== undefined && familyOf(bindAddress) !== familyOf(target)) {
    const message = `bindto ${bindAddress} of ${block.name} cannot reach ${target}: it is of another family`;
    problems.add(block.line, 'conflict', message);
  }
  if (bindDevice === undefined && isLinkLocal(target)) {
    const message = `${block.name} needs bind_if: ${target} is a link-local address`;
    problems.add(block.line, 'missing', message);
  }
}

/** Fills in what the block leaves to the real server and its timing. */
export const completeConnection = (
  draft: ConnectionDraft,
  endpoint: CheckedEndpoint,
  timing: TimingDraft,
): CheckConnection => ({
  address: draft.address ?? endpoint.address,
  port: draft.port ?? endpoint.port,
  bindAddress: draft.bindAddress,
  bindPort: draft.bindPort,
  bindDevice: draft.bindDevice,
  mark: draft.mark ?? 0,
  timeout: draft.connectTimeout ?? completeTimeout(timing),
});
