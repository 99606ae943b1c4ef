import { milliseconds, seconds, toSeconds } from '../../director/base/time.js';
import { checkTransport } from './keepalived-transport.js';
import type { AddressFamily } from './node-config.js';
import { claim, type ReadContext } from './read-context.js';
import { describeFamily, familyOf } from './service-values.js';
import type { Block, KeywordLines } from './statement-reader.js';
import type { InstanceDraft } from './vrrp-draft.js';

/** RFC 9568 §5.2.6: hundredths of a second, in 12 bits. */
const AdvertStep = milliseconds(10);
const LongestVersion3Interval = milliseconds(40_950);

/** The family of an instance's advertisements is that of its addresses. Undefined when none of them was read. */
export function familyOfInstance({ addresses }: InstanceDraft): AddressFamily | undefined {
  const [first] = addresses;
  return first && familyOf(first.address);
}

/** Refuses what each keyword allows by itself and keepalived would quietly change when they come together. */
export function checkInstance(
  draft: InstanceDraft,
  block: Block,
  lines: KeywordLines,
  context: ReadContext,
): void {
  const family = familyOfInstance(draft);
  const { device, virtualRouterId } = draft;
  if (device !== undefined && virtualRouterId !== undefined) {
    const where = family === 'ipv6' ? `${device} for IPv6` : device;
    claim(context, `virtual_router_id ${virtualRouterId} on ${where}`, block.line);
  }
  checkPreemption(draft, lines, context);
  checkAuthentication(draft, lines, context);
  checkInterval(draft, block, lines, context);
  if (family === undefined) return;
  checkFamily(draft, family, lines, context);
  checkTransport(draft.transport, family, lines, context);
}

function checkPreemption(
  draft: InstanceDraft,
  lines: KeywordLines,
  { problems }: ReadContext,
): void {
  const nopreemptLine = lines.get('nopreempt');
  const delayLine = lines.get('preempt_delay');
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

function checkAuthentication(
  { version }: InstanceDraft,
  lines: KeywordLines,
  { problems }: ReadContext,
): void {
  const passwordLine = lines.get('authentication');
  if (passwordLine === undefined) return;
  if (version === 3) {
    const message = 'authentication has no effect with VRRP version 3: use auth_hmac, or version 2';
    problems.add(passwordLine, 'conflict', message);
  }
  if (!lines.has('auth_hmac')) return;
  problems.add(passwordLine, 'conflict', 'authentication has no effect together with auth_hmac');
}

/** The two versions count intervals differently; keepalived would round. */
function checkInterval(
  { version, advertInterval }: InstanceDraft,
  block: Block,
  lines: KeywordLines,
  { problems }: ReadContext,
): void {
  if (advertInterval === undefined || version === undefined) return;
  const expected =
    version === 2
      ? advertInterval % seconds(1) !== 0 && 'whole seconds with VRRP version 2'
      : (advertInterval > LongestVersion3Interval && 'at most 40.95 seconds with VRRP version 3') ||
        (advertInterval % AdvertStep !== 0 && 'a multiple of 0.01 seconds');
  if (expected === false) return;
  // keepalived's default version surprises those who want short intervals.
  const isDefault = version === 2 && !lines.has('version');
  const advice = isDefault ? ' (vrrp_version 3 in global_defs allows hundredths)' : '';
  const message = `advert_int has to be ${expected}, not ${toSeconds(advertInterval)}${advice}`;
  problems.add(lines.get('advert_int') ?? block.line, 'wrong-value', message);
}

function checkFamily(
  { version, transport }: InstanceDraft,
  family: AddressFamily,
  lines: KeywordLines,
  { problems }: ReadContext,
): void {
  const versionLine = lines.get('version');
  if (family === 'ipv6' && version === 2 && versionLine !== undefined) {
    problems.add(versionLine, 'conflict', 'VRRP version 2 is of IPv4 only: IPv6 needs version 3');
  }
  const nativeLine = lines.get('native_ipv6');
  if (nativeLine !== undefined && family !== 'ipv6') {
    const message = `native_ipv6 is wrong: the virtual_ipaddress are ${describeFamily(family)}`;
    problems.add(nativeLine, 'conflict', message);
  }
  const macLine = lines.get('use_vmac');
  if (macLine === undefined || transport.unicastPeers.length === 0) return;
  // keepalived asks for vmac_xmit_base then, which takes half of the virtual MAC address's use away.
  problems.add(macLine, 'conflict', 'use_vmac does not work with unicast_peer');
}
