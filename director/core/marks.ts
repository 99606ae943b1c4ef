import type { Family, Flow } from '../wire/flow.js';
import { sameWords } from './service-table.js';

/** Gives a firewall mark to packets for an address and port, as an nftables rule does in front of IPVS. */
export interface MarkRule {
  readonly family: Family;
  /** IP protocol number; 0 for every one. */
  readonly protocol: number;
  readonly words: Uint32Array;
  /** Destination ports, both included; 0 to 65535 for all. */
  readonly firstPort: number;
  readonly lastPort: number;
  /** Not 0. */
  readonly mark: number;
}

/** The mark of the first rule that fits, or 0. */
export function markOf(rules: readonly MarkRule[], flow: Flow): number {
  for (const rule of rules) {
    const fits =
      rule.family === flow.family &&
      (rule.protocol === 0 || rule.protocol === flow.protocol) &&
      flow.destinationPort >= rule.firstPort &&
      flow.destinationPort <= rule.lastPort &&
      sameWords(rule.words, flow.destination);
    if (fits) return rule.mark;
  }
  return 0;
}
