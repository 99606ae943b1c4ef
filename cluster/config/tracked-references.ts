import { type TrackedDraft, TrackerKeywords } from './keepalived-track.js';
import { definitionKey } from './keepalived-trackers.js';
import type { ReadContext } from './read-context.js';
import type { Tracked, TrackersConfig } from './vrrp-config.js';

/** The definition that an entry without a weight takes it from, and whether there is one. */
type Definition = Pick<Tracked, 'weight' | 'reverse'>;

/** An interface has no definition: unless an entry says otherwise, it has to be up. */
const Unweighted: Definition = { weight: 0, reverse: false };

/** Gives entries of `track_` blocks the weights of what they name, and refuses names that nothing defines. */
export function resolveTracked(
  drafts: readonly TrackedDraft[],
  trackers: TrackersConfig,
  { positions, problems }: ReadContext,
): Tracked[] {
  return drafts.map(({ kind, name, line, ...given }) => {
    if (kind !== 'interface' && !positions.has(definitionKey(kind, name))) {
      const { block, definition } = TrackerKeywords[kind];
      const message = `${block} names ${name}, which no ${definition} defines`;
      problems.add(line, 'unknown-reference', message);
    }
    // A definition that was refused is not among them, but is no unknown one.
    const definition = definitionOf(kind, name, trackers) ?? Unweighted;
    const { weight = definition.weight, reverse = definition.reverse } = given;
    return { kind, name, weight, reverse };
  });
}

function definitionOf(
  kind: Tracked['kind'],
  name: string,
  { scripts, trackFiles, trackProcesses, bfdInstances }: TrackersConfig,
): Definition | undefined {
  const definitions: Readonly<Record<Tracked['kind'], readonly ({ name: string } & Definition)[]>> =
    {
      interface: [],
      script: scripts,
      file: trackFiles,
      process: trackProcesses,
      bfd: bfdInstances,
    };
  return definitions[kind].find((definition) => definition.name === name);
}
