import { InvalidArgumentError } from 'commander';

/** Reads a whole number within limits, for commander. */
export const wholeNumber =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`Not a whole number from ${least} to ${most}.`);
  };
