/** So many frames dropped between two looks are more than the main thread can serve. */
const TooManyShed = 64;
/** Threads that have taken fewer frames than this between two looks, so many times one after the other, are not needed. */
const FewFrames = 2_500;
const LooksOfCalm = 8;

/** Decides, looking four times a second, whether the main thread needs others to carry with it. */
export class Need {
  isNeeded = false;
  #shed = 0;
  #taken = 0;
  #calmLooks = 0;

  /** `shed` and `taken` count from the start: frames that were dropped unread, and those that threads have taken. */
  look(shed: number, taken: number): void {
    const lost = shed - this.#shed;
    const carried = taken - this.#taken;
    this.#shed = shed;
    this.#taken = taken;
    if (lost >= TooManyShed) {
      this.isNeeded = true;
      this.#calmLooks = 0;
    } else if (this.isNeeded) {
      this.#calmLooks = carried < FewFrames ? this.#calmLooks + 1 : 0;
      if (this.#calmLooks === LooksOfCalm) this.isNeeded = false;
    }
  }
}
