import type { IpAddress } from '../../director/base/address.js';
import { isHostAddress, isLinkLocalMulticast, isMulticast } from './address-kinds.js';
import type { Statement } from './keepalived-statements.js';
import type { AddressFamily } from './node-config.js';
import type { ReadContext } from './read-context.js';
import { describeFamily, familyOf } from './service-values.js';
import type { Keyword, KeywordLines, Value } from './statement-reader.js';
import type { UnicastPeer } from './vrrp-config.js';

/** A hop limit of received messages; a peer accepts any of them unless it says otherwise. */
const HopRange = { minimum: 0, maximum: 255 };

/** A hop limit to send with: the kernel refuses 0. */
const SentHopRange = { minimum: 1, maximum: 255 };

/** Each advertisement is sent to every peer. */
const MaximumPeers = 255;

/** How advertisements travel, while the block of their instance is read. */
export interface TransportDraft {
  source: IpAddress | undefined;
  group: IpAddress | undefined;
  unicastPeers: readonly PeerDraft[];
  unicastTtl: number;
  checkUnicastSource: boolean;
}

interface PeerDraft extends UnicastPeer {
  readonly line: number;
}

/** keepalived's defaults; for IPv6 it leaves `unicastTtl` to the kernel, and 255 is what receivers ask for. */
export const newTransport = (): TransportDraft => ({
  source: undefined,
  group: undefined,
  unicastPeers: [],
  unicastTtl: 255,
  checkUnicastSource: false,
});

/** The keywords of `vrrp_instance` that say where advertisements come from and go to. */
export function transportKeywords(
  draft: TransportDraft,
  context: ReadContext,
): Record<string, Keyword> {
  const { reader } = context;
  // One object for both spellings: they set the same address.
  const source: Keyword = {
    read: (statement) => {
      draft.source = readHost(reader.value(statement, 'an address'), context);
    },
  };
  return {
    mcast_src_ip: source,
    unicast_src_ip: source,
    mcast_dst_ip: {
      read: (statement) => {
        draft.group = readGroup(reader.value(statement, 'an address'), context);
      },
    },
    unicast_peer: {
      takesBlock: true,
      read: (statement) => {
        draft.unicastPeers = readPeers(statement, draft, context);
      },
    },
    unicast_ttl: {
      read: (statement) => {
        const limit = reader.wholeNumber(reader.value(statement), SentHopRange);
        draft.unicastTtl = limit ?? draft.unicastTtl;
      },
    },
    check_unicast_src: {
      read: (statement) => {
        draft.checkUnicastSource = reader.mark(statement);
      },
    },
  };
}

/** Reads a group for advertisements: any of IPv4, but of IPv6 one that stays on the link. */
export function readGroup(
  value: Value | undefined,
  { reader, problems }: ReadContext,
): IpAddress | undefined {
  const group = reader.address(value);
  if (value === undefined || group === undefined) return undefined;
  const isGroup = familyOf(group) === 'ipv4' ? isMulticast(group) : isLinkLocalMulticast(group);
  if (isGroup) return group;
  const groups = '224.0.0.0/4 or ff02::/16';
  const message = `${value.name} has to be a multicast address (${groups}), not ${value.text}`;
  problems.add(value.line, 'wrong-value', message);
  return undefined;
}

function readHost(
  value: Value | undefined,
  { reader, problems }: ReadContext,
): IpAddress | undefined {
  const address = reader.address(value);
  if (value === undefined || address === undefined || isHostAddress(address)) return address;
  const message = `${value.name} has to be the address of a host, not ${address}`;
  problems.add(value.line, 'wrong-value', message);
  return undefined;
}

/** Reads `ADDRESS [min_ttl N] [max_ttl N]`, one on each line of the block. A limit makes the source count too. */
function readPeers(
  block: Statement,
  draft: TransportDraft,
  context: ReadContext,
): readonly PeerDraft[] {
  const { reader, problems } = context;
  const { keyword, body = [] } = block;
  reader.values(block, []);
  if (body.length === 0) problems.add(block.line, 'missing', `${keyword} is empty`);
  const beyond = body[MaximumPeers];
  if (beyond !== undefined) {
    problems.add(
      beyond.line,
      'not-supported',
      `${keyword} takes at most ${MaximumPeers} addresses`,
    );
  }
  const peers = new Map<IpAddress, PeerDraft>();
  for (const statement of body.slice(0, MaximumPeers)) {
    const { keyword: text, line } = statement;
    if (statement.body !== undefined) {
      problems.add(line, 'syntax', `the address ${text} takes no block`);
      continue;
    }
    if (statement.words.length > 0) draft.checkUnicastSource = true;
    const limits = readLimits(statement, context);
    const address = readHost({ name: keyword, text, line }, context);
    if (address === undefined) continue;
    if (peers.has(address)) problems.add(line, 'duplicate', `${keyword} names ${address} twice`);
    peers.set(address, { address, ...limits, line });
  }
  return [...peers.values()];
}

function readLimits(
  statement: Statement,
  { reader, problems }: ReadContext,
): Pick<UnicastPeer, 'minTtl' | 'maxTtl'> {
  let [minTtl, maxTtl] = [HopRange.minimum, HopRange.maximum];
  reader.options(statement, 0, {
    min_ttl: (value) => {
      minTtl = reader.wholeNumber(value, HopRange) ?? minTtl;
    },
    max_ttl: (value) => {
      maxTtl = reader.wholeNumber(value, HopRange) ?? maxTtl;
    },
  });
  if (minTtl > maxTtl) {
    const message = `min_ttl ${minTtl} is above max_ttl ${maxTtl}: no message would be accepted`;
    problems.add(statement.line, 'conflict', message);
  }
  return { minTtl, maxTtl };
}

/** Refuses addresses of another family than the instance's, and keywords of unicast or multicast for the other. */
export function checkTransport(
  draft: TransportDraft,
  family: AddressFamily,
  lines: KeywordLines,
  { problems }: ReadContext,
): void {
  const checkFamily = (keyword: string, address: IpAddress | undefined, line?: number): void => {
    if (address === undefined || line === undefined || familyOf(address) === family) return;
    const message = `${keyword} names ${address}, but the virtual_ipaddress are ${describeFamily(family)}`;
    problems.add(line, 'conflict', message);
  };
  for (const keyword of ['mcast_src_ip', 'unicast_src_ip']) {
    checkFamily(keyword, draft.source, lines.get(keyword));
  }
  checkFamily('mcast_dst_ip', draft.group, lines.get('mcast_dst_ip'));
  for (const { address, line } of draft.unicastPeers) {
    checkFamily('unicast_peer', address, line);
    if (address !== draft.source) continue;
    problems.add(line, 'conflict', `unicast_peer names ${address}, which is the source itself`);
  }
  const isUnicast = lines.has('unicast_peer');
  const useless = isUnicast ? ['mcast_dst_ip'] : UnicastKeywords;
  for (const keyword of useless) {
    const line = lines.get(keyword);
    if (line === undefined) continue;
    const reason = isUnicast ? 'together with unicast_peer' : 'without unicast_peer';
    problems.add(line, 'conflict', `${keyword} has no effect ${reason}`);
  }
}

const UnicastKeywords = ['unicast_src_ip', 'unicast_ttl', 'check_unicast_src'];
