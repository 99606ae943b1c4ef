import type { Director } from './director.js';
import type { FlowTable } from './flow-table.js';

/** Tells the flow program at which virtual MAC addresses frames are for this node, whenever that changes. */
export class ShownMacs {
  readonly #director: Director;
  readonly #table: FlowTable;
  #changes = 0;

  constructor(director: Director, table: FlowTable) {
    this.#director = director;
    this.#table = table;
  }

  follow(): void {
    const { floating, virtualMacs } = this.#director;
    if (this.#changes === virtualMacs.changes) return;
    this.#changes = virtualMacs.changes;
    for (const address of floating.values()) {
      const { interface: owner, mac } = address;
      if (mac !== owner.mac) this.#table.setHolding(owner, mac.low, virtualMacs.isHeld(address));
    }
  }
}
