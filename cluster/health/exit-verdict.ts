/** What the end of a MISC_CHECK's program means. */
export type ExitVerdict =
  | {
      readonly isUp: true;
      /** Absent without `misc_dynamic`. */
      readonly weightChange?: number;
    }
  | { readonly isUp: false };

/**
 * Exit status 0 is a success. With `misc_dynamic` 2 to 255 is one as well and makes the server's weight, if no other checker
 * moves it, two less than the status; 0 makes it the configured one again. Everything else is a failure.
 */
export function judgeExit(
  status: number,
  { dynamic, weight }: { readonly dynamic: boolean; readonly weight: number },
): ExitVerdict {
  if (!dynamic) return { isUp: status === 0 };
  if (status === 0) return { isUp: true, weightChange: 0 };
  if (status === 1) return { isUp: false };
  return { isUp: true, weightChange: status - 2 - weight };
}
