/** Where a flow of a scenario goes, and whether it lasts. */
export interface FlowSlot {
  /** Its service, by its place in the lab. */
  readonly service: number;
  /** It ends after a few exchanges, and another one takes its place. */
  readonly isShort: boolean;
}

/**
 * The flows of a scenario in the order of their opening, the same wherever it runs: services take turns, and of each service
 * those that last come first. `shortShare` is out of a hundred.
 */
export function slotsOf(flows: number, shortShare: number, services: number): readonly FlowSlot[] {
  return Array.from({ length: flows }, (_, index) => {
    const service = index % services;
    const ofService = Math.ceil((flows - service) / services);
    const short = Math.round((ofService * shortShare) / 100);
    return { service, isShort: Math.floor(index / services) >= ofService - short };
  });
}
