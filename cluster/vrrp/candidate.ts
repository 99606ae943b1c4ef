import { compareAddresses, type IpAddress } from '../../director/base/address.js';

/** A router in the line of succession of a virtual router. */
export interface Candidate {
  /** Its primary address, which breaks a tie of priorities. */
  readonly address: IpAddress;
  readonly priority: number;
}

/** True when `candidate` comes before `other`: higher priority, then greater address (RFC 9568 §6.4.3). */
export function outranks(candidate: Candidate, other: Candidate): boolean {
  if (candidate.priority !== other.priority) return candidate.priority > other.priority;
  return compareAddresses(candidate.address, other.address) > 0;
}
