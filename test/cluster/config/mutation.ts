import type { Prng } from '../../../director/base/prng.js';

/** Pieces that mean something to a reader, so that mutations get past its first check. */
const Pieces =
  `{ } " ' \\ @baton @^ # ! $ \${ $A= ~SEQ(A,1,3) ~LST(A,b,c) include -1 99999999999 0 0.0000001 : [ ] , ( )`
    .split(' ')
    .concat(' ', '\n', '@baton ', 'include x');

/** Deletes, repeats, moves or inserts a piece of the text, one to three times. */
export function mutate(text: string, prng: Prng): string {
  let mutant = text;
  for (let rest = 1 + prng.below(3); rest > 0; rest -= 1) {
    const start = prng.below(mutant.length + 1);
    const end = start + prng.below(40);
    const resume = prng.below(2) === 0 ? start : end;
    mutant = mutant.slice(0, start) + noise(mutant, start, end, prng) + mutant.slice(resume);
  }
  return mutant;
}

function noise(text: string, start: number, end: number, prng: Prng): string {
  switch (prng.below(5)) {
    case 0:
      return '';
    case 1:
      return text.slice(start, end).repeat(2);
    case 2:
      return Pieces[prng.below(Pieces.length)] ?? '';
    case 3:
      return String.fromCodePoint(prng.below(0xd800));
    default: {
      const from = prng.below(text.length + 1);
      return text.slice(from, from + 60);
    }
  }
}
