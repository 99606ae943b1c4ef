/** What a check has found. */
export type ProbeAnswer =
  | { readonly kind: 'success'; readonly weightChange?: number }
  | {
      readonly kind: 'failure';
      readonly reason: string;
      /** True when the server, or somebody for it, has said so; false when nothing came back. */
      readonly isAnswered: boolean;
    };

/** Ends a check, or a wait, that is not wanted any more. */
export type Abandon = () => void;

/**
 * One way to ask a real server how it is. Starts a check, question number `step` of those that the checker has, and calls
 * `report` once, at once or later; never after it has been abandoned. A probe keeps nothing between checks.
 */
export type Probe = (step: number, report: (answer: ProbeAnswer) => void) => Abandon;
