import type { Instant } from '../base/time.js';
import { Flag, NoConnection } from './connections.js';
import type { Director } from './director.js';
import { isSyncDue, isTemplateDue } from './sync-policy.js';
import { hasMovedHere } from './take-over.js';

/**
 * Notes that peers are to be told of a connection, and of the template that it follows, after packets of it: of the client
 * so many, and whatever came from its real server.
 */
export function decideSync(
  director: Director,
  index: number,
  clientPackets: number,
  now: Instant,
): void {
  const { connections, sync, settings } = director;
  const isOnePacket = connections.hasFlag(index, Flag.onePacket);
  const isMoved = clientPackets > 0 && hasMovedHere(director, index, now);
  if (!isOnePacket && !isMoved && !isSyncDue(connections, index, settings, clientPackets, now)) {
    return;
  }
  const template = connections.template(index);
  if (template !== NoConnection && isTemplateDue(connections, template, now)) {
    sync.add(connections, template);
  }
  if (isOnePacket) return;
  if (template === NoConnection || settings.sync_persist_mode === 0) {
    sync.add(connections, index);
  }
}
