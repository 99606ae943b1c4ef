import type { IpAddress } from '../../director/base/address.js';
import type { ServerHealthConfig } from './checker-config.js';
import {
  connectTimeoutKeyword,
  type TimingDraft,
  timingKeywords,
} from './keepalived-check-timing.js';
import { type CheckerDraft, checkerKeywords, type CheckerScope } from './keepalived-checkers.js';
import { readCommand } from './keepalived-command.js';
import { readForwarding } from './keepalived-forwarding.js';
import { virtualHostKeyword } from './keepalived-http-check.js';
import type { Statement } from './keepalived-statements.js';
import type { ForwardingConfig } from './node-config.js';
import type { Draft, ReadContext } from './read-context.js';
import type { Keyword, Range } from './statement-reader.js';

const PortRange = { minimum: 0, maximum: 65_535 };
const WeightRange = { minimum: 0, maximum: 65_535 };
const ThresholdRange = { minimum: 0, maximum: 4_294_967_295 };

/** `ADDRESS [PORT]`; the port is undefined when it is left out. */
export interface Endpoint {
  readonly address: IpAddress;
  readonly port: number | undefined;
}

/** A real server before its virtual server lends it what its block leaves out. */
export interface RealServerDraft extends Endpoint {
  readonly weight: number | undefined;
  readonly upperThreshold: number;
  readonly lowerThreshold: number;
  readonly forwarding: ForwardingConfig | undefined;
  readonly timing: TimingDraft;
  readonly inhibitOnFailure: boolean | undefined;
  readonly virtualHost: string | undefined;
  readonly notifyUp: ServerHealthConfig['notifyUp'];
  readonly notifyDown: ServerHealthConfig['notifyDown'];
  readonly checkers: readonly CheckerDraft[];
  readonly line: number;
}

/** What the file around a real server means for its checkers. */
export type ServerScope = Omit<CheckerScope, 'endpoint'>;

/** Reads a `real_server`. */
export function readRealServer(
  statement: Statement,
  scope: ServerScope,
  context: ReadContext,
): RealServerDraft | undefined {
  const { reader, problems } = context;
  const { line, words } = statement;
  const endpoint = readEndpoint(statement, context);
  const draft: Draft<RealServerDraft> = {};
  const timing: TimingDraft = {};
  const checkers: CheckerDraft[] = [];
  const block = { name: `real_server ${words.join(' ')}`, line };
  const lines = reader.block(block, statement.body ?? [], {
    ...poolKeywords(draft, context),
    ...timingKeywords(timing, 'real_server', context),
    connect_timeout: connectTimeoutKeyword(timing, context),
    ...healthKeywords(draft, scope, context),
    ...checkerKeywords(
      checkers,
      { ...scope, endpoint: endpoint && { ...endpoint, port: endpoint.port ?? 0 } },
      context,
    ),
  });
  const { weight, upperThreshold = 0, lowerThreshold = 0, forwarding } = draft;
  if (lowerThreshold > upperThreshold) {
    const message = `lthreshold ${lowerThreshold} needs a uthreshold that is not below it`;
    problems.add(lines.get('lthreshold') ?? line, 'conflict', message);
  }
  const { inhibitOnFailure, virtualHost, notifyUp, notifyDown } = draft;
  return (
    endpoint && {
      ...endpoint,
      weight,
      upperThreshold,
      lowerThreshold,
      forwarding,
      timing,
      inhibitOnFailure,
      virtualHost,
      notifyUp,
      notifyDown,
      checkers,
      line,
    }
  );
}

function poolKeywords(
  draft: Draft<RealServerDraft>,
  context: ReadContext,
): Record<string, Keyword> {
  const { reader } = context;
  const number = (
    field: 'weight' | 'upperThreshold' | 'lowerThreshold',
    range: Range,
  ): Keyword => ({
    read: (given) => {
      draft[field] = reader.wholeNumber(reader.value(given), range);
    },
  });
  const method: Keyword = {
    read: (given) => {
      draft.forwarding = readForwarding(given, context);
    },
  };
  return {
    weight: number('weight', WeightRange),
    uthreshold: number('upperThreshold', ThresholdRange),
    lthreshold: number('lowerThreshold', ThresholdRange),
    lvs_method: method,
    lb_kind: method,
  };
}

function healthKeywords(
  draft: Draft<RealServerDraft>,
  { owner }: ServerScope,
  context: ReadContext,
): Record<string, Keyword> {
  return {
    inhibit_on_failure: {
      read: (given) => {
        draft.inhibitOnFailure = context.reader.flag(given);
      },
    },
    virtualhost: virtualHostKeyword(draft, context),
    notify_up: {
      read: (given) => {
        draft.notifyUp = readCommand(given, owner, context);
      },
    },
    notify_down: {
      read: (given) => {
        draft.notifyDown = readCommand(given, owner, context);
      },
    },
  };
}

/** Reads `ADDRESS [PORT]` after `virtual_server` and `real_server`. */
export function readEndpoint(statement: Statement, { reader }: ReadContext): Endpoint | undefined {
  const names = statement.words.length === 1 ? ['ADDRESS'] : ['ADDRESS', '[PORT]'];
  const [first, second] = reader.values(statement, names) ?? [];
  const address = reader.address(first);
  const port = reader.wholeNumber(second, PortRange);
  if (address === undefined || (second !== undefined && port === undefined)) return undefined;
  return { address, port };
}
