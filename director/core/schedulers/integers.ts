/** The greatest common divisor; of 0 and a number it is that number. */
export function gcd(left: number, right: number): number {
  let [larger, smaller] = [left, right];
  while (smaller !== 0) [larger, smaller] = [smaller, larger % smaller];
  return larger;
}

/** How many bits a number below 2^32 takes, 0 for 0: the kernel's `fls`. */
export const bitLength = (value: number): number => 32 - Math.clz32(value);
