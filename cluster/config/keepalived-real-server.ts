import type { IpAddress } from '../../director/base/address.js';
import { readForwarding } from './keepalived-forwarding.js';
import type { Statement } from './keepalived-statements.js';
import type { ForwardingConfig } from './node-config.js';
import type { ReadContext } from './read-context.js';
import type { Keyword, Range, StatementReader } from './statement-reader.js';

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
  readonly weight: number;
  readonly upperThreshold: number;
  readonly lowerThreshold: number;
  readonly forwarding: ForwardingConfig | undefined;
  readonly line: number;
}

/** Reads a `real_server`. */
export function readRealServer(
  statement: Statement,
  context: ReadContext,
): RealServerDraft | undefined {
  const { reader, problems } = context;
  const { line, words } = statement;
  const endpoint = readEndpoint(statement, context);
  const numbers: Record<NumberName, number | undefined> = {
    weight: 1,
    uthreshold: 0,
    lthreshold: 0,
  };
  let forwarding: ForwardingConfig | undefined;
  const method: Keyword = {
    read: (given) => {
      forwarding = readForwarding(given, context);
    },
  };
  reader.block({ name: `real_server ${words.join(' ')}`, line }, statement.body ?? [], {
    weight: numberKeyword(numbers, 'weight', WeightRange, reader),
    uthreshold: numberKeyword(numbers, 'uthreshold', ThresholdRange, reader),
    lthreshold: numberKeyword(numbers, 'lthreshold', ThresholdRange, reader),
    lvs_method: method,
    lb_kind: method,
  });
  const { weight, uthreshold, lthreshold } = numbers;
  if (weight === undefined || uthreshold === undefined || lthreshold === undefined) {
    return undefined;
  }
  if (lthreshold > uthreshold) {
    const message = `lthreshold ${lthreshold} needs a uthreshold that is not below it`;
    problems.add(line, 'conflict', message);
  }
  return (
    endpoint && {
      ...endpoint,
      weight,
      upperThreshold: uthreshold,
      lowerThreshold: lthreshold,
      forwarding,
      line,
    }
  );
}

type NumberName = 'weight' | 'uthreshold' | 'lthreshold';

const numberKeyword = (
  numbers: Record<NumberName, number | undefined>,
  name: NumberName,
  range: Range,
  reader: StatementReader,
): Keyword => ({
  read: (given) => {
    numbers[name] = reader.wholeNumber(reader.value(given), range);
  },
});

/** Reads `ADDRESS [PORT]` after `virtual_server` and `real_server`. */
export function readEndpoint(statement: Statement, { reader }: ReadContext): Endpoint | undefined {
  const names = statement.words.length === 1 ? ['ADDRESS'] : ['ADDRESS', '[PORT]'];
  const [first, second] = reader.values(statement, names) ?? [];
  const address = reader.address(first);
  const port = reader.wholeNumber(second, PortRange);
  if (address === undefined || (second !== undefined && port === undefined)) return undefined;
  return { address, port };
}
