import type { Position } from './message.js';

/** Bytes of one position inside a message, at most. */
export const positionSize = (position: Position): number => position.node.length + 2 + 9 + 9 + 2;

/** Of these positions as many as fit `room` bytes, the first ones before the others. */
export function positionsThatFit(
  positions: readonly Position[],
  room: number,
): readonly Position[] {
  let left = room;
  return positions.filter((position) => {
    left -= positionSize(position);
    return left >= 0;
  });
}
