/** How many paths the braces of one pattern may make. */
const MaximumAlternatives = 1_000;

/** The innermost braces with a comma, or with nothing to choose from. */
const Braces = /\{([^{}]*)\}/;

/**
 * The paths that a pattern of `include` stands for: braces are alternatives, and of each part between slashes there is its
 * text, or an expression when it has wildcards (glob(7): `*`, `?` and `[...]` do not stand for a leading dot).
 */
export const pathPatterns = (pattern: string): readonly (readonly (string | RegExp)[])[] =>
  alternatives(pattern).map((one) => one.split(/\/+/).map(partOf));

function alternatives(pattern: string): readonly string[] {
  let found = [pattern];
  for (let isDone = false; !isDone && found.length <= MaximumAlternatives;) {
    isDone = true;
    found = found.flatMap((text) => {
      const match = Braces.exec(text);
      if (match === null) return [text];
      isDone = false;
      const [whole, inner = ''] = match;
      const rest = text.slice(match.index + whole.length);
      return inner.split(',').map((one) => text.slice(0, match.index) + one + rest);
    });
  }
  return found.slice(0, MaximumAlternatives);
}

/** A set of characters, any of them, or one that is itself. */
const Wildcard = /\[(!?)(\]?[^\]]*)\]|[*?]|[^]/g;

function partOf(part: string): string | RegExp {
  if (!/[*?[]/.test(part)) return part;
  const expression = part.replaceAll(Wildcard, (piece, negation?: string, set?: string) => {
    if (piece === '*') return '.*';
    if (piece === '?') return '.';
    if (set === undefined) return piece.replace(/[\\^$.*+?()[\]{}|/]/, String.raw`\$&`);
    return `[${negation === '!' ? '^' : ''}${set.replaceAll(/[\\[\]^]/g, String.raw`\$&`)}]`;
  });
  try {
    return new RegExp(`^(?!\\.)${expression}$`, 's');
  } catch {
    // A range that runs backwards fits nothing.
    return /^(?!)/;
  }
}
