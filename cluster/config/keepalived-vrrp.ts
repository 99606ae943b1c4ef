import { isIpv6 } from '../../director/base/address.js';
import { type Duration, milliseconds, seconds } from '../../director/base/time.js';
import { readVersion } from './keepalived-globals.js';
import type { Statement } from './keepalived-statements.js';
import { instanceKey, interfaceKey, lineOf, virtualAddressKey } from './position.js';
import { claim, type ReadContext } from './read-context.js';
import type { Block, Keyword, Value } from './statement-reader.js';
import type { VirtualAddress, VrrpInstanceConfig } from './vrrp-config.js';

/** RFC 9568 §5.2.6 counts the interval in centiseconds, in 12 bits. */
const AdvertStep = milliseconds(10);
const AdvertRange = { minimum: 0.01, maximum: 40.95 };

/** RFC 9568 §5.2.5: the count of addresses is one octet. */
const MaximumAddresses = 255;

/** The excluded ones are in no message; the limit is that of a file which somebody can still read. */
const MaximumExcluded = 4_096;

const MaximumNameLength = 64;

/** What an instance without the keyword means, in keepalived too. */
const InstanceDefaults = {
  version: 3,
  checksumAsV2: false,
  downTimerAdverts: 3,
  source: undefined,
  group: undefined,
  unicastPeers: [],
  unicastTtl: 255,
  checkUnicastSource: false,
  authentication: undefined,
  higherPrioritySendsAdvert: false,
  lowerPriorityNoAdvert: false,
  announce: {
    repeat: 5,
    delay: seconds(5),
    refresh: seconds(0),
    refreshRepeat: 1,
    lowerPriorityRepeat: 5,
    lowerPriorityDelay: seconds(5),
    interval: seconds(0),
  },
  virtualMac: false,
  track: [],
  notify: {},
} as const;

/** An address whose interface, when it names none, is that of its instance. */
type AddressDraft = Omit<VirtualAddress, 'device'> & { readonly device: string | undefined };

/** An instance while its block is read: a field is undefined while it is missing or when it was refused. */
interface InstanceDraft {
  readonly name: string | undefined;
  device: string | undefined;
  virtualRouterId: number | undefined;
  priority: number | undefined;
  advertInterval: Duration | undefined;
  preemptDelay: Duration | undefined;
  readonly addresses: AddressDraft[];
  readonly excluded: AddressDraft[];
  saysVersion3: boolean;
  startsAsMaster: boolean;
  nopreemptLine: number | undefined;
  delayLine: number | undefined;
}

/** Reads a `vrrp_instance`. `version3` says that `global_defs` has set the version for all instances. */
export function readVrrpInstance(
  statement: Statement,
  version3: boolean,
  context: ReadContext,
): VrrpInstanceConfig | undefined {
  const { reader } = context;
  const { line } = statement;
  const name = reader.name(reader.value(statement, 'a name'), MaximumNameLength);
  const block = { name: name === undefined ? 'vrrp_instance' : instanceKey(name), line };
  if (name !== undefined) claim(context, block.name, line);
  // The numbers are keepalived's defaults.
  const draft: InstanceDraft = {
    name,
    device: undefined,
    virtualRouterId: undefined,
    priority: 100,
    advertInterval: seconds(1),
    preemptDelay: seconds(0),
    addresses: [],
    excluded: [],
    saysVersion3: version3,
    startsAsMaster: false,
    nopreemptLine: undefined,
    delayLine: undefined,
  };
  reader.block(block, statement.body ?? [], {
    ...identityKeywords(draft, context),
    ...electionKeywords(draft, context),
  });
  checkInstance(draft, block, context);
  return complete(draft);
}

function identityKeywords(draft: InstanceDraft, context: ReadContext): Record<string, Keyword> {
  const { reader } = context;
  return {
    interface: {
      required: true,
      read: (statement) => {
        if (draft.name !== undefined) {
          context.positions.set(interfaceKey(draft.name), statement.line);
        }
        draft.device = reader.device(reader.value(statement, 'an interface'));
      },
    },
    virtual_router_id: {
      required: true,
      read: (statement) => {
        const range = { minimum: 1, maximum: 255 };
        draft.virtualRouterId = reader.wholeNumber(reader.value(statement), range);
      },
    },
    version: {
      read: (statement) => {
        draft.saysVersion3 = true;
        readVersion(statement, context);
      },
    },
    virtual_ipaddress: {
      required: true,
      takesBlock: true,
      read: (statement) => readAdvertised(statement, draft, context),
    },
    virtual_ipaddress_excluded: {
      takesBlock: true,
      read: (statement) => readAddresses(statement, draft.excluded, MaximumExcluded, context),
    },
  };
}

function electionKeywords(draft: InstanceDraft, context: ReadContext): Record<string, Keyword> {
  const { reader } = context;
  return {
    state: {
      read: (statement) => {
        const isMaster = reader.choice(reader.value(statement), { MASTER: true, BACKUP: false });
        draft.startsAsMaster = isMaster ?? false;
      },
    },
    priority: {
      read: (statement) => {
        const range = { minimum: 1, maximum: 254 };
        draft.priority = reader.wholeNumber(reader.value(statement), range);
      },
    },
    advert_int: { read: (statement) => readAdvertInterval(statement, draft, context) },
    nopreempt: {
      read: (statement) => {
        reader.values(statement, []);
        draft.nopreemptLine = statement.line;
      },
    },
    preempt_delay: {
      read: (statement) => {
        const range = { minimum: 0, maximum: 1_000 };
        draft.preemptDelay = reader.duration(reader.value(statement, 'seconds'), range);
        draft.delayLine = statement.line;
      },
    },
  };
}

function readAdvertInterval(
  statement: Statement,
  draft: InstanceDraft,
  { reader, problems }: ReadContext,
): void {
  const interval = reader.duration(reader.value(statement, 'seconds'), AdvertRange);
  draft.advertInterval = interval;
  if (interval === undefined || interval % AdvertStep === 0) return;
  const found = statement.words.join(' ');
  const message = `advert_int has to be a multiple of 0.01 seconds, not ${found}`;
  problems.add(statement.line, 'wrong-value', message);
}

/** All advertised addresses are of the family of the advertisements. */
function readAdvertised(block: Statement, draft: InstanceDraft, context: ReadContext): void {
  readAddresses(block, draft.addresses, MaximumAddresses, context);
  for (const { address } of draft.addresses) {
    if (!isIpv6(address)) continue;
    const line = lineOf(context.positions, virtualAddressKey(address));
    const message = `VRRP over IPv6 is not supported yet: ${address} goes to virtual_ipaddress_excluded`;
    context.problems.add(line, 'not-supported', message);
  }
}

/** Reads `ADDRESS[/LENGTH] [dev INTERFACE]`, one on each line of the block. */
function readAddresses(
  block: Statement,
  addresses: AddressDraft[],
  limit: number,
  context: ReadContext,
): void {
  const { reader, problems } = context;
  reader.values(block, []);
  const statements = block.body ?? [];
  if (statements.length === 0) problems.add(block.line, 'missing', `${block.keyword} is empty`);
  for (const statement of statements.slice(0, limit)) {
    const { keyword: text, line } = statement;
    if (statement.body !== undefined) {
      problems.add(line, 'syntax', `the address ${text} takes no block`);
      continue;
    }
    let device: string | undefined;
    const dev = (value: Value): void => {
      device = reader.device(value);
    };
    reader.options(statement, 0, { dev });
    const prefix = reader.prefix({ name: block.keyword, text, line });
    if (prefix === undefined) continue;
    claim(context, virtualAddressKey(prefix.address), line);
    addresses.push({ ...prefix, device });
  }
  const beyond = statements[limit];
  if (beyond === undefined) return;
  problems.add(beyond.line, 'not-supported', `${block.keyword} takes at most ${limit} addresses`);
}

/** Refuses what each keyword allows by itself and keepalived would quietly change when they come together. */
function checkInstance(draft: InstanceDraft, block: Block, context: ReadContext): void {
  const { problems } = context;
  const { device, virtualRouterId, nopreemptLine, delayLine } = draft;
  if (device !== undefined && virtualRouterId !== undefined) {
    claim(context, `virtual_router_id ${virtualRouterId} on ${device}`, block.line);
  }
  if (!draft.saysVersion3) {
    const message = `${block.name} needs vrrp_version 3 in global_defs: keepalived's default is 2`;
    problems.add(block.line, 'missing', message);
  }
  if (nopreemptLine !== undefined && draft.startsAsMaster) {
    const message = 'nopreempt needs state BACKUP: keepalived ignores it with state MASTER';
    problems.add(nopreemptLine, 'conflict', message);
  }
  if (delayLine !== undefined && draft.startsAsMaster) {
    const message = 'preempt_delay needs state BACKUP: keepalived ignores it with state MASTER';
    problems.add(delayLine, 'conflict', message);
  }
  if (delayLine !== undefined && nopreemptLine !== undefined) {
    problems.add(delayLine, 'conflict', 'preempt_delay has no effect together with nopreempt');
  }
}

function complete(draft: InstanceDraft): VrrpInstanceConfig | undefined {
  const { name, device, virtualRouterId, priority, advertInterval, preemptDelay } = draft;
  if (name === undefined || device === undefined || virtualRouterId === undefined) return undefined;
  if (priority === undefined || advertInterval === undefined) return undefined;
  if (preemptDelay === undefined) return undefined;
  return {
    name,
    device,
    virtualRouterId,
    priority,
    advertInterval,
    preempt: draft.nopreemptLine === undefined,
    preemptDelay,
    virtualAddresses: draft.addresses.map((virtual) => onDevice(virtual, device)),
    excludedAddresses: draft.excluded.map((virtual) => onDevice(virtual, device)),
    ...InstanceDefaults,
  };
}

const onDevice = (virtual: AddressDraft, device: string): VirtualAddress => ({
  address: virtual.address,
  prefixLength: virtual.prefixLength,
  device: virtual.device ?? device,
});
