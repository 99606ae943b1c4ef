import { notifyKeywords, type NotifyDraft, type ScriptUser } from './keepalived-command.js';
import type { Statement } from './keepalived-statements.js';
import { trackedKey, type TrackedDraft, trackKeywords } from './keepalived-track.js';
import { instanceKey, lineOf, syncGroupKey } from './position.js';
import { claim, type ReadContext } from './read-context.js';
import { resolveTracked } from './tracked-references.js';
import type { SyncGroupConfig, TrackersConfig, VrrpInstanceConfig } from './vrrp-config.js';

const MaximumNameLength = 64;

/** What the groups of a file refer to. */
export interface SyncGroupScope {
  readonly owner: ScriptUser;
  readonly trackers: TrackersConfig;
  readonly instances: readonly VrrpInstanceConfig[];
}

/** Reads a `vrrp_sync_group`. Undefined only after a problem. */
export function readSyncGroup(
  statement: Statement,
  { owner, trackers, instances }: SyncGroupScope,
  context: ReadContext,
): SyncGroupConfig | undefined {
  const { reader } = context;
  const { line, body = [] } = statement;
  const name = reader.name(reader.value(statement, 'a name'), MaximumNameLength);
  const blockName = name === undefined ? 'vrrp_sync_group' : syncGroupKey(name);
  if (name !== undefined) claim(context, blockName, line);
  const members: string[] = [];
  const tracked: TrackedDraft[] = [];
  const notify: NotifyDraft = {};
  let trackingWeight = false;
  const { bare, others } = splitBareNames(body, context);
  reader.block({ name: blockName, line }, others, {
    group: {
      required: bare.length === 0,
      takesBlock: true,
      read: (group) => members.push(...readMembers(group, context)),
    },
    ...trackKeywords(blockName, tracked, context),
    sync_group_tracking_weight: {
      read: (given) => {
        trackingWeight = reader.mark(given);
      },
    },
    ...notifyKeywords(notify, owner, context),
  });
  const track = resolveTracked(tracked, trackers, context);
  // keepalived removes a group without members.
  if (name === undefined || members.length === 0) return undefined;
  const group = { name, members, track, trackingWeight, notify };
  for (const instance of instances.filter((one) => members.includes(one.name))) {
    checkTracking(instance, group, context);
  }
  return group;
}

/**
 * Names of instances that stand in the group itself, as they did in old versions, are not its members: keepalived complains
 * of each, and goes on without it.
 */
function splitBareNames(
  body: readonly Statement[],
  { problems, positions }: ReadContext,
): { readonly bare: readonly Statement[]; readonly others: readonly Statement[] } {
  const bare = body.filter(({ keyword }) => positions.has(instanceKey(keyword)));
  for (const { keyword, line, columns } of bare) {
    const message = `${keyword} is no member: members of a vrrp_sync_group stand in its block group`;
    problems.warn(line, 'group', message, columns[0]);
  }
  return { bare, others: body.filter((statement) => !bare.includes(statement)) };
}

/** Reads names of instances, one or more on each line; each may be in one group only. */
function readMembers(block: Statement, context: ReadContext): string[] {
  const { reader, problems, positions } = context;
  const { body = [] } = block;
  reader.values(block, []);
  if (body.length === 0) problems.add(block.line, 'missing', `${block.keyword} is empty`);
  return body.flatMap((statement) => {
    const { keyword, words, line } = statement;
    if (statement.body !== undefined) {
      problems.add(line, 'syntax', `the member ${keyword} takes no block`);
      return [];
    }
    const names = [keyword, ...words];
    for (const name of names) {
      claim(context, `the member ${name} of a vrrp_sync_group`, line);
      if (positions.has(instanceKey(name))) continue;
      const message = `group names ${name}, which no vrrp_instance defines`;
      problems.add(line, 'unknown-reference', message);
    }
    return names;
  });
}

/** Refuses what keepalived would ignore in an instance because its group decides. */
function checkTracking(
  instance: VrrpInstanceConfig,
  group: SyncGroupConfig,
  { positions, problems }: ReadContext,
): void {
  for (const { kind, name, weight } of instance.track) {
    const line = lineOf(positions, trackedKey(kind, name, instanceKey(instance.name)));
    if (group.track.some((other) => other.kind === kind && other.name === name)) {
      const key = trackedKey(kind, name, syncGroupKey(group.name));
      const earlier = lineOf(positions, key);
      problems.add(
        line,
        'duplicate',
        `${name} is tracked by the vrrp_sync_group too, on ${problems.describeLine(earlier)}`,
      );
    }
    if (weight === 0 || group.trackingWeight) continue;
    const message = `${name} has the weight ${weight}, but members of a vrrp_sync_group need weight 0 or its sync_group_tracking_weight`;
    problems.add(line, 'conflict', message);
  }
}
