/** A FILE_CHECK's rules. */
export interface FileRules {
  readonly weight: number;
  readonly reverse: boolean;
}

/** What the number in a file means for a real server. */
export type FileVerdict =
  | { readonly isUp: true; readonly weightChange: number }
  | { readonly isUp: false };

/** keepalived's IPVS_WEIGHT_FAULT: a product as low as this means that the server is down. */
const Fault = -0x8000_0000;

/**
 * The number times the weight is added to the server's weight, and the lowest product of 32 bits takes the server out. With
 * weight 0 any number but 0 takes it out; reversed, 0 does.
 */
export function judgeFile({ weight, reverse }: FileRules, value: number): FileVerdict {
  if (weight === 0) {
    const isUp = (value === 0) !== reverse;
    return isUp ? { isUp, weightChange: 0 } : { isUp };
  }
  const change = value * weight * (reverse ? -1 : 1);
  return change <= Fault ? { isUp: false } : { isUp: true, weightChange: change };
}
