import { seconds } from '../../director/base/time.js';
import { type AddressDraft, readAdvertised, readExcluded } from './keepalived-addresses.js';
import { announceKeywords, completeAnnounce } from './keepalived-announce.js';
import { completeHmac, readAuthentication, readAuthHmac } from './keepalived-authentication.js';
import { notifyKeywords } from './keepalived-command.js';
import { checkInstance, familyOfInstance } from './keepalived-instance-checks.js';
import type { Statement } from './keepalived-statements.js';
import { trackKeywords } from './keepalived-track.js';
import { newTransport, transportKeywords } from './keepalived-transport.js';
import { DownTimerRange, readVersion, type VrrpGlobals } from './keepalived-vrrp-globals.js';
import { instanceKey, interfaceKey, sourceKey, unicastPeerKey } from './position.js';
import { claim, type ReadContext } from './read-context.js';
import type { Keyword, KeywordLines, Value } from './statement-reader.js';
import { resolveTracked } from './tracked-references.js';
import type { TrackersConfig, VirtualAddress, VrrpInstanceConfig } from './vrrp-config.js';
import type { InstanceDraft } from './vrrp-draft.js';

/** In seconds. RFC 3768 §5.3.7 counts whole ones in an octet, RFC 9568 §5.2.6 hundredths of them in 12 bits. */
const AdvertRange = { minimum: 0.01, maximum: 255 };

const MaximumNameLength = 64;

/** What the rest of a file means for its instances. */
export interface InstanceScope {
  readonly globals: VrrpGlobals;
  readonly trackers: TrackersConfig;
}

/** Reads a `vrrp_instance`. Undefined only after a problem. */
export function readVrrpInstance(
  statement: Statement,
  scope: InstanceScope,
  context: ReadContext,
): VrrpInstanceConfig | undefined {
  const { reader } = context;
  const { line } = statement;
  const { globals } = scope;
  const name = reader.name(reader.value(statement, 'a name'), MaximumNameLength);
  const block = { name: name === undefined ? 'vrrp_instance' : instanceKey(name), line };
  if (name !== undefined) claim(context, block.name, line);
  const draft = newDraft(name, globals);
  const lines = reader.block(block, statement.body ?? [], {
    ...identityKeywords(draft, context),
    ...electionKeywords(draft, context),
    ...courtesyKeywords(draft, context),
    ...transportKeywords(draft.transport, context),
    ...authenticationKeywords(draft, context),
    ...announceKeywords('', draft.announce, context),
    ...trackKeywords(block.name, draft.tracked, context),
    ...notifyKeywords(draft.notify, globals.user, context),
  });
  if (!lines.has('version')) draft.version = standardVersion(draft, globals);
  checkInstance(draft, block, lines, context);
  notePositions(draft, lines, context);
  return complete(draft, scope, lines, context);
}

/** Keeps the lines that a check against the machine's interfaces points at. */
function notePositions(
  { name, transport }: InstanceDraft,
  lines: KeywordLines,
  { positions }: ReadContext,
): void {
  if (name === undefined) return;
  const note = (key: string, line: number | undefined): void => {
    if (line !== undefined) positions.set(key, line);
  };
  note(interfaceKey(name), lines.get('interface'));
  note(sourceKey(name), lines.get('mcast_src_ip') ?? lines.get('unicast_src_ip'));
  for (const { address, line } of transport.unicastPeers) note(unicastPeerKey(address, name), line);
}

/** VRRP over IPv6 came with version 3. */
const standardVersion = (draft: InstanceDraft, { version }: VrrpGlobals): 2 | 3 | undefined =>
  familyOfInstance(draft) === 'ipv6' ? 3 : version;

/** The numbers are keepalived's defaults. */
const newDraft = (name: string | undefined, globals: VrrpGlobals): InstanceDraft => ({
  name,
  device: undefined,
  virtualRouterId: undefined,
  version: undefined,
  checksumAsV2: globals.checksumAsV2,
  priority: 100,
  advertInterval: seconds(1),
  preemptDelay: seconds(0),
  downTimerAdverts: globals.downTimerAdverts,
  startsAsMaster: false,
  higherPrioritySendsAdvert: globals.higherPrioritySendsAdvert,
  lowerPriorityNoAdvert: globals.lowerPriorityNoAdvert,
  addresses: [],
  excluded: [],
  transport: newTransport(),
  password: undefined,
  hmac: undefined,
  announce: {},
  tracked: [],
  notify: {},
});

function identityKeywords(draft: InstanceDraft, context: ReadContext): Record<string, Keyword> {
  const { reader } = context;
  return {
    interface: {
      required: true,
      read: (statement) => {
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
        draft.version = readVersion(statement, context);
      },
    },
    // The addresses say it: keepalived keeps the keyword for old files.
    native_ipv6: { read: (statement) => reader.mark(statement) },
    virtual_ipaddress: {
      required: true,
      takesBlock: true,
      read: (statement) => {
        draft.addresses = readAdvertised(statement, context);
      },
    },
    virtual_ipaddress_excluded: {
      takesBlock: true,
      read: (statement) => {
        draft.excluded = readExcluded(statement, context);
      },
    },
  };
}

/** RFC 9568 §5.2.4: 255 is that of a router that owns the addresses. keepalived lets others have it, too. */
function readPriority(
  value: Value | undefined,
  { reader, problems }: ReadContext,
): number | undefined {
  if (value?.text !== '255') return reader.wholeNumber(value, { minimum: 1, maximum: 254 });
  const message =
    'priority 255 is that of the owner of an address, which no director is: 254 counts';
  problems.warn(value.line, 'priority', message, value.column);
  return 254;
}

function electionKeywords(draft: InstanceDraft, context: ReadContext): Record<string, Keyword> {
  const { reader } = context;
  // One object for both spellings: one of them is enough.
  const preemption: Keyword = { read: (statement) => reader.mark(statement) };
  return {
    state: {
      read: (statement) => {
        const isMaster = reader.choice(reader.value(statement), { MASTER: true, BACKUP: false });
        draft.startsAsMaster = isMaster ?? false;
      },
    },
    priority: {
      read: (statement) => {
        draft.priority = readPriority(reader.value(statement), context);
      },
    },
    advert_int: {
      read: (statement) => {
        draft.advertInterval = reader.duration(reader.value(statement, 'seconds'), AdvertRange);
      },
    },
    nopreempt: preemption,
    preempt: preemption,
    preempt_delay: {
      read: (statement) => {
        const range = { minimum: 0, maximum: 1_000 };
        draft.preemptDelay = reader.duration(reader.value(statement, 'seconds'), range);
      },
    },
    down_timer_adverts: {
      read: (statement) => {
        const count = reader.wholeNumber(reader.value(statement), DownTimerRange);
        draft.downTimerAdverts = count ?? draft.downTimerAdverts;
      },
    },
  };
}

/** How masters of different priorities and makes get along. */
function courtesyKeywords(draft: InstanceDraft, { reader }: ReadContext): Record<string, Keyword> {
  return {
    v3_checksum_as_v2: {
      read: (statement) => {
        draft.checksumAsV2 = reader.flag(statement) ?? draft.checksumAsV2;
      },
    },
    higher_prio_send_advert: {
      read: (statement) => {
        const isOn = reader.flag(statement);
        draft.higherPrioritySendsAdvert = isOn ?? draft.higherPrioritySendsAdvert;
      },
    },
    lower_prio_no_advert: {
      read: (statement) => {
        draft.lowerPriorityNoAdvert = reader.flag(statement) ?? draft.lowerPriorityNoAdvert;
      },
    },
    // The name is that of keepalived's interface for it; here it is but another MAC address to answer with.
    use_vmac: {
      read: (statement) => {
        if (statement.words.length > 0) reader.device(reader.value(statement, '[INTERFACE]'));
      },
    },
  };
}

function authenticationKeywords(
  draft: InstanceDraft,
  context: ReadContext,
): Record<string, Keyword> {
  return {
    authentication: {
      takesBlock: true,
      read: (statement) => {
        draft.password = readAuthentication(statement, context);
      },
    },
    auth_hmac: {
      takesBlock: true,
      read: (statement) => {
        draft.hmac = readAuthHmac(statement, context);
      },
    },
  };
}

function complete(
  draft: InstanceDraft,
  { globals, trackers }: InstanceScope,
  lines: KeywordLines,
  context: ReadContext,
): VrrpInstanceConfig | undefined {
  const track = resolveTracked(draft.tracked, trackers, context);
  const { name, device, virtualRouterId, version, priority, advertInterval, preemptDelay } = draft;
  const family = familyOfInstance(draft);
  if (name === undefined || device === undefined || virtualRouterId === undefined) return undefined;
  if (priority === undefined || advertInterval === undefined) return undefined;
  if (preemptDelay === undefined || version === undefined || family === undefined) return undefined;
  const { source, group, unicastPeers, unicastTtl, checkUnicastSource } = draft.transport;
  return {
    name,
    device,
    version,
    checksumAsV2: draft.checksumAsV2,
    virtualRouterId,
    priority,
    advertInterval,
    preempt: !lines.has('nopreempt'),
    preemptDelay,
    downTimerAdverts: draft.downTimerAdverts,
    virtualAddresses: draft.addresses.map((virtual) => onDevice(virtual, device)),
    excludedAddresses: draft.excluded.map((virtual) => onDevice(virtual, device)),
    source,
    group: group ?? (unicastPeers.length === 0 ? globals.groups[family] : undefined),
    unicastPeers: unicastPeers.map(({ address, minTtl, maxTtl }) => ({ address, minTtl, maxTtl })),
    unicastTtl,
    checkUnicastSource:
      checkUnicastSource || (globals.checkUnicastSource && unicastPeers.length > 0),
    authentication: draft.password ?? (draft.hmac && completeHmac(draft.hmac, advertInterval)),
    higherPrioritySendsAdvert: draft.higherPrioritySendsAdvert,
    lowerPriorityNoAdvert: draft.lowerPriorityNoAdvert,
    announce: completeAnnounce(draft.announce, globals.announce, globals.intervals[family]),
    virtualMac: lines.has('use_vmac'),
    track,
    notify: draft.notify,
  };
}

const onDevice = (virtual: AddressDraft, device: string): VirtualAddress => ({
  address: virtual.address,
  prefixLength: virtual.prefixLength,
  device: virtual.device ?? device,
});
